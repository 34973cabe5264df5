package dev.backplane.server.config;

import dev.backplane.gateway.call.ContentPolicy;
import dev.backplane.gateway.limit.Subject;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.provider.AwsCredentials;
import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.route.Balance;
import dev.backplane.local.ModelFiles;
import dev.backplane.local.NamedAdapter;
import dev.backplane.local.library.pull.Hosts;
import dev.backplane.local.provider.LocalSettings;
import dev.backplane.server.auth.KeyLimits;
import dev.backplane.server.auth.Scope;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Everything the process can be told. In YAML, with the defaults:
///
/// ```yaml
/// data: ~/.backplane             # local files: the store, or the caches of one in a bucket
/// listen: 127.0.0.1:7700         # everything
/// otlp_grpc: 127.0.0.1:4317      # or off
/// otlp_http: 127.0.0.1:4318      # or off
/// store:                         # default: a directory in data
///   path: DIR                    # either this
///   s3:                          # or this
///     bucket: NAME
///     prefix: ""
///     region: us-east-1
///     endpoint: URL              # for S3-compatible services
///     path_style: false
/// retention:
///   days: 0                      # 0 keeps for ever; a project's own setting wins
/// keys:                          # besides those made over the API
///   - name: collector
///     key_env: COLLECTOR_KEY     # or key: TEXT
///     scopes: [ingest]
///     project: default           # or "*"
///     models: [NAME]             # the only ones it may ask for; default all
///     budget: [5/day]            # US dollars; or N tokens/month; day, month or total
///     rpm: 60                    # requests in any 60 seconds
///     tpm: 100000                # tokens in any 60 seconds
///     concurrency: 4             # calls at a time
/// loopback_without_key: true     # requests from this machine need no key
/// providers:                     # who answers requests to models
///   NAME:
///     type: openai               # openai: any service that speaks OpenAI's language
///     base_url: https://api.openai.com/v1
///     api_key_env: OPENAI_API_KEY # or api_key: TEXT; none for services without keys
///     timeouts: {total: 10m}     # other than the gateway's
///   NAME: {type: anthropic, api_key_env: ANTHROPIC_API_KEY}
///   NAME: {type: gemini, api_key_env: GEMINI_API_KEY}
///   NAME:
///     type: azure                # a model is named by its deployment
///     base_url: https://NAME.openai.azure.com
///     api_version: 2025-04-01-preview # without it, the v1 surface
///     api_key_env: AZURE_OPENAI_API_KEY
///   NAME:
///     type: bedrock              # api_key(_env) for a key of Bedrock's own, or
///     region: eu-central-1
///     access_key_env: AWS_ACCESS_KEY_ID # these three are the default
///     secret_key_env: AWS_SECRET_ACCESS_KEY
///     session_token_env: AWS_SESSION_TOKEN
/// models:                        # PROVIDER/MODEL works without an entry here
///   NAME:
///     provider: NAME
///     model: NAME                # default: the same name
///     path: FILE.gguf            # instead of a provider: a model that runs in this process
///     context: 8192              # positions of its longest request
///     pooling: mean              # or cls, last: it makes vectors and no answers; rank: it judges
///     draft: FILE.gguf           # a small model that guesses, where speculation is by draft
///     adapter: FILE              # or a LoRA that changes such a model,
///     of: NAME                   # this one
///     tool_parser: NAME          # for servers that do not parse what the model writes, see
///     reasoning_parser: NAME     # docs/configuration.md
///   NAME:
///     balance: least_busy        # or order, weight, sticky; default: weight if there are any
///     timeouts: {first_token: 30s} # other than the provider's
///     hedge: {after: 2s, percent: 5} # asks another target beside a silent one; default: never
///     targets:                   # tried in this order; with weights, drawn by weight
///       - {provider: NAME, model: NAME, weight: 3}
///       - {provider: NAME, model: NAME, weight: 1}
/// gateway:
///   content: full                # or hashed, or none: what spans hold of what was said
///   async: false                 # true: answers do not wait for their span
///   limits:                      # of a key, user, model or tag; "*" is each for itself
///     - {user: "*", rpm: 20, budget: [1/day]}
///   cache: 64MiB                 # answers to requests that repeat word for word; default: none
///   probe: 30s                   # ask each target so often whether it is there; default: never
///   discover: local              # without providers: Ollama and vLLM on this machine; or off, or
///                                # keys: also OpenAI, Anthropic, Gemini by keys in the environment
///   timeouts: {connect: 10s, first_token: 10m, answer: 10m, idle: 2m, total: 60m}
/// local:                         # models that run in this process
///   memory: 80% of what the heap leaves # all of them together
///   threads: all
///   keep_alive: 5m               # how long one stays that nobody uses; -1 for ever
///   context: 8192                # positions of a request, where a model says nothing
///   running: 16                  # requests that a model answers together
///   waiting: 256                 # and that may wait for it
///   prefixes: key                # who shares prompts that were computed: key, project or all
///   trial: 0s                    # of each kernel before the first model is loaded, such as 200ms
///   machine_code: true           # where the processor has what it takes; false: Java only
///   speculation: {method: suffix, tokens: 12} # or ngram, draft, off; default: off
///   tiles: 32GiB                 # of disk for repacked weights; 0 for none
/// library:                       # models of this machine
///   path: DIR                    # default: models in data
///   ollama: DIR                  # Ollama's models, which are only read; default: where Ollama
///                                # keeps them; or off
///   hosts: [URL]                 # registries to pull from besides registry.ollama.ai and hf.co
///   hub: https://huggingface.co  # or a mirror; default: HF_ENDPOINT
/// limits:
///   otlp_bytes: 64MiB            # one OTLP request after decompression
///   request_bytes: 64MiB         # any other request that is held in memory
///   file_bytes: 512MiB           # a file that is uploaded with POST /v1/files
///   batch_calls: 16              # requests of batches under way, of all together
///   batch_days: 30               # batches are forgotten so long after their end; 0: never
///   ingest_memory: 25% of heap   # all requests being decoded, together
///   sql_time: 60s
///   sql_rows: 100000
///   sql_memory: 1GiB
///   list_memory: 512MiB          # columns kept for filters of lists; at most 12.5% of heap
/// prices: FILE                   # default: the bundled table
/// audit: true                    # changes by API as spans in project _system
/// log: human                     # or json
/// ```
///
/// @param apiKey from `BACKPLANE_API_KEY`: an admin key that is not stored
public record Config(
        Path data,
        Store store,
        Address listen,
        Optional<Address> otlpGrpc,
        Optional<Address> otlpHttp,
        int retentionDays,
        List<Key> keys,
        Optional<String> apiKey,
        boolean loopbackWithoutKey,
        Models models,
        Library library,
        Limits limits,
        Optional<Path> prices,
        boolean audit,
        LogFormat log) {

    /// Where the durable state lives.
    public sealed interface Store {
        record Directory(Path path) implements Store {}

        /// Credentials come from the usual places of the AWS SDK.
        ///
        /// @param prefix of all keys, empty or ending in `/`
        record Bucket(
                String bucket,
                String prefix,
                String region,
                Optional<String> endpoint,
                boolean pathStyle)
                implements Store {}
    }

    /// @param port 0 for any free one
    public record Address(String host, int port) {
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /// @param project a name, or `*` for all
    public record Key(
            String name, String secret, Set<Scope> scopes, String project, KeyLimits limits) {
        public Key {
            scopes = Set.copyOf(scopes);
        }

        @Override
        public String toString() {
            return "Key[" + name + "]";
        }
    }

    /// Providers, the names of models, and what spans of calls hold.
    ///
    /// @param cacheBytes for answers to requests that repeat; 0 for none
    /// @param probe time between two questions to every target whether it is there
    /// @param discovered which of the providers were found, not configured
    /// @param files models that run in this process; each has a route of its name as well
    /// @param adapters of models that run in this process; each has a route of its name as well
    /// @param local how they are loaded and run
    public record Models(
            List<ModelProvider> providers,
            List<Model> models,
            ContentPolicy content,
            boolean async,
            Map<Subject, dev.backplane.gateway.limit.Limits> limits,
            long cacheBytes,
            Optional<Duration> probe,
            Discovered discovered,
            List<ModelFiles> files,
            List<NamedAdapter> adapters,
            LocalSettings local) {
        /// No calls are made.
        static final Models NONE =
                new Models(
                        List.of(),
                        List.of(),
                        ContentPolicy.FULL,
                        false,
                        Map.of(),
                        0,
                        Optional.empty(),
                        Discovered.NOTHING,
                        List.of(),
                        List.of(),
                        LocalSettings.defaults());

        public Models {
            providers = List.copyOf(providers);
            models = List.copyOf(models);
            limits = Map.copyOf(limits);
            files = List.copyOf(files);
        }
    }

    /// Models of this machine.
    ///
    /// @param path of those that were pulled or made here
    /// @param others folders in the same layout that are only read
    /// @param hosts that models may be fetched from
    /// @param token of Hugging Face, from `HF_TOKEN`
    /// @param tokenFiles that may hold it else; looked at whenever one is needed
    public record Library(
            Path path,
            List<Path> others,
            Hosts hosts,
            Optional<String> token,
            List<Path> tokenFiles) {
        public Library {
            others = List.copyOf(others);
            tokenFiles = List.copyOf(tokenFiles);
        }

        @Override
        public String toString() {
            return "Library[" + path + "]";
        }
    }

    /// What is known of providers that nobody configured.
    ///
    /// @param found names of those that are used
    /// @param local names of those on this machine, whose models go by their plain names
    /// @param remedies what would make another provider known, by its name
    /// @param unusedKeys variables with keys of providers that are not used
    public record Discovered(
            Set<String> found,
            Set<String> local,
            Map<String, String> remedies,
            List<String> unusedKeys) {
        static final Discovered NOTHING = new Discovered(Set.of(), Set.of(), Map.of(), List.of());

        public Discovered {
            found = Set.copyOf(found);
            local = Set.copyOf(local);
            remedies = Map.copyOf(remedies);
            unusedKeys = List.copyOf(unusedKeys);
        }

        boolean has(String provider) {
            return found.contains(provider);
        }
    }

    /// How a provider is spoken to.
    public enum ProviderType {
        OPENAI,
        ANTHROPIC,
        AZURE,
        GEMINI,
        BEDROCK;

        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<ProviderType> byId(String id) {
            return Arrays.stream(values()).filter(type -> type.id().equals(id)).findFirst();
        }
    }

    /// @param apiVersion of Azure, or empty
    /// @param aws where requests are signed
    /// @param timeouts of models that are named by their provider
    public record ModelProvider(
            String name,
            ProviderType type,
            URI baseUrl,
            Optional<String> apiKey,
            String apiVersion,
            Optional<Aws> aws,
            CallTimeouts timeouts) {
        /// With the default time-outs.
        ModelProvider(
                String name,
                ProviderType type,
                URI baseUrl,
                Optional<String> apiKey,
                String apiVersion,
                Optional<Aws> aws) {
            this(name, type, baseUrl, apiKey, apiVersion, aws, CallTimeouts.DEFAULT);
        }

        ModelProvider with(CallTimeouts others) {
            return new ModelProvider(name, type, baseUrl, apiKey, apiVersion, aws, others);
        }

        /// Whether requests prove who asks.
        public boolean hasKey() {
            return apiKey.isPresent() || aws.isPresent();
        }

        @Override
        public String toString() {
            return "ModelProvider[" + name + "]";
        }
    }

    public record Aws(String region, AwsCredentials credentials) {}

    /// @param balance empty where the weights decide
    public record Model(
            String name, List<Target> targets, Optional<Balance> balance, Optional<Hedging> hedge) {
        public Model {
            targets = List.copyOf(targets);
        }
    }

    /// When another target is asked beside one that is silent, and for how many of 100 calls.
    public record Hedging(Duration after, int percent) {}

    /// @param weight 0 where none was given
    /// @param replies how the model writes, for servers that do not parse it
    public record Target(
            String provider,
            String model,
            int weight,
            ReplyFormat replies,
            CallTimeouts timeouts) {}

    public record Limits(
            long otlpBytes,
            long requestBytes,
            long fileBytes,
            int batchCalls,
            int batchDays,
            long ingestMemoryBytes,
            Duration sqlTime,
            long sqlRows,
            long sqlMemoryBytes,
            long listMemoryBytes) {
        public static Limits defaults() {
            return new Limits(
                    64L << 20,
                    64L << 20,
                    512L << 20,
                    16,
                    30,
                    Runtime.getRuntime().maxMemory() / 4,
                    Duration.ofSeconds(60),
                    100_000,
                    1L << 30,
                    Math.min(512L << 20, Runtime.getRuntime().maxMemory() / 8));
        }
    }

    public enum LogFormat {
        HUMAN,
        JSON
    }

    public Config {
        keys = List.copyOf(keys);
    }

    /// This with what may change while it runs: the other's keys, providers, models and limits of
    /// calls.
    public Config withCalls(Config other) {
        Models calls =
                new Models(
                        other.models.providers(),
                        other.models.models(),
                        models.content(),
                        models.async(),
                        other.models.limits(),
                        models.cacheBytes(),
                        models.probe(),
                        other.models.discovered(),
                        other.models.files(),
                        other.models.adapters(),
                        models.local());
        return new Config(
                data,
                store,
                listen,
                otlpGrpc,
                otlpHttp,
                retentionDays,
                other.keys,
                apiKey,
                loopbackWithoutKey,
                calls,
                library,
                limits,
                prices,
                audit,
                log);
    }

    /// Whether the other differs in something that takes effect only at a start.
    public boolean needsRestart(Config other) {
        return !withCalls(other).equals(other);
    }

    /// Secrets stay out of logs.
    @Override
    public String toString() {
        return "Config[data=%s, store=%s, listen=%s]".formatted(data, store, listen);
    }
}
