package dev.backplane.server.auth;

import dev.backplane.core.Problem;
import dev.backplane.http.Exchange;
import dev.backplane.http.Loopback;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Turns a request into its [Caller]. Thread-safe.
public final class Auth {
    private static final String LOOPBACK = "loopback";
    private static final Pattern LOOPBACK_ADDRESS = Pattern.compile("127(\\.\\d{1,3}){3}");
    private static final List<String> PROXY_HEADERS =
            List.of("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via");

    private final Registry registry;
    private volatile List<ApiKey> configured;
    private final boolean loopbackWithoutKey;

    /// @param configured keys that are not in the registry
    public Auth(Registry registry, List<ApiKey> configured, boolean loopbackWithoutKey) {
        this.registry = registry;
        this.configured = List.copyOf(configured);
        this.loopbackWithoutKey = loopbackWithoutKey;
    }

    /// Other configured keys, for requests from now on.
    ///
    /// @throws Problem as [#requireKeysFor]; nothing is changed then
    public void change(List<ApiKey> keys, List<String> hosts) {
        requireKeys(keys, hosts);
        configured = List.copyOf(keys);
    }

    /// What the key of this id may use of models; nothing is limited for an id that is no key's.
    public KeyLimits limits(String id) {
        return byId(id).map(ApiKey::limits).orElse(KeyLimits.NONE);
    }

    private Optional<ApiKey> byId(String id) {
        return Stream.concat(configured.stream(), registry.state().keys().stream())
                .filter(key -> key.id().equals(id))
                .findFirst();
    }

    /// Refuses to open the house to others before there is a lock, and to lock it without a key.
    ///
    /// @throws Problem `CONFIG` if there are no keys and one of the hosts can be reached from
    ///   elsewhere, or requests from this machine need one, too
    public void requireKeysFor(List<String> hosts) {
        requireKeys(configured, hosts);
    }

    private void requireKeys(List<ApiKey> keys, List<String> hosts) {
        if (!keys.isEmpty() || !registry.state().keys().isEmpty()) {
            return;
        }
        if (!loopbackWithoutKey) {
            throw Problem.of(
                            Problem.Kind.CONFIG,
                            "nobody could use a server that asks for keys and has none",
                            "loopback_without_key")
                    .fix("set BACKPLANE_API_KEY, or keys in the configuration");
        }
        for (String host : hosts) {
            if (!Loopback.is(host)) {
                throw Problem.of(
                                Problem.Kind.CONFIG,
                                "listening on "
                                        + host
                                        + " without keys would give everybody access",
                                "listen")
                        .fix(
                                "set BACKPLANE_API_KEY or keys in the configuration, make a key"
                                        + " while listening on 127.0.0.1, or listen on 127.0.0.1");
            }
        }
    }

    /// Asks again for something that goes on when the request that began it is long over.
    ///
    /// @param id of the key that the request came with, or of none
    /// @throws Problem `UNAUTHENTICATED` when the key has been revoked or is not for the project
    ///   any more, `FORBIDDEN` when it has lost the scope
    public void authorize(String id, String project, Scope scope, String where) {
        Optional<ApiKey> key = byId(id);
        if (key.isEmpty() && id.equals(LOOPBACK) && loopbackWithoutKey) {
            return;
        }
        if (key.isEmpty() || !key.get().isFor(project)) {
            throw Problem.of(
                            Problem.Kind.UNAUTHENTICATED,
                            "key that this was begun with is gone",
                            where)
                    .fix("begin it again with another key");
        }
        new Caller(id, key.get().scopes(), project, false).require(scope, where);
    }

    private boolean hasKeys() {
        return !configured.isEmpty() || !registry.state().keys().isEmpty();
    }

    /// @throws Problem `UNAUTHENTICATED` without a valid key where one is needed, `FORBIDDEN` when
    ///   the key does not allow the scope or the project
    public Caller authorize(Exchange exchange, Scope scope) {
        Optional<String> secret = secret(exchange);
        Optional<String> named =
                exchange.header("X-Backplane-Project").filter(name -> !name.isBlank());
        // Some SDKs insist on sending a key; where none exists there is none to be wrong.
        boolean open = loopbackWithoutKey && !hasKeys() && fromThisMachine(exchange);
        Caller caller =
                secret.isPresent() && !open
                        ? withKey(find(secret.get(), exchange), named, exchange)
                        : withoutKey(named, exchange);
        caller.require(scope, exchange.path());
        if (caller.project().equals(Project.SYSTEM)) {
            caller.require(Scope.ADMIN, exchange.path());
        }
        return caller;
    }

    private static Optional<String> secret(Exchange exchange) {
        return exchange.header("Authorization")
                .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(value -> value.substring(7).strip())
                .or(() -> exchange.header("x-api-key").map(String::strip))
                .filter(value -> !value.isEmpty());
    }

    /// Looks at every key, so that the time says nothing about how far a guess came.
    private ApiKey find(String secret, Exchange exchange) {
        String hash = ApiKey.hash(secret);
        Optional<ApiKey> found = Optional.empty();
        for (ApiKey key : configured) {
            found = key.matches(hash) ? Optional.of(key) : found;
        }
        for (ApiKey key : registry.state().keys()) {
            found = key.matches(hash) ? Optional.of(key) : found;
        }
        return found.orElseThrow(() ->
                Problem.of(Problem.Kind.UNAUTHENTICATED, "key is not known", exchange.path())
                        .fix("check the key; it may have been revoked"));
    }

    private static Caller withKey(ApiKey key, Optional<String> named, Exchange exchange) {
        boolean all = key.project().equals(ApiKey.ALL_PROJECTS);
        String project = Project.requireName(named.orElse(all ? Project.DEFAULT : key.project()));
        if (!key.isFor(project)) {
            throw Problem.of(
                            Problem.Kind.FORBIDDEN,
                            "key is not for project " + project,
                            exchange.path())
                    .fix("use a key of that project, or name the key's own or none");
        }
        return new Caller(key.id(), key.scopes(), project, all);
    }

    private Caller withoutKey(Optional<String> named, Exchange exchange) {
        if (!loopbackWithoutKey || !fromThisMachine(exchange)) {
            throw Problem.of(Problem.Kind.UNAUTHENTICATED, "request has no key", exchange.path())
                    .fix("send the header Authorization: Bearer KEY");
        }
        String project = Project.requireName(named.orElse(Project.DEFAULT));
        return new Caller(LOOPBACK, EnumSet.allOf(Scope.class), project, true);
    }

    private static boolean fromThisMachine(Exchange exchange) {
        if (!Loopback.is(exchange.remoteAddress())
                || PROXY_HEADERS.stream().anyMatch(name -> exchange.header(name).isPresent())) {
            return false;
        }
        return isLocalName(exchange.host())
                && exchange.header("Origin")
                        .map(Auth::originHost)
                        .map(Auth::isLocalName)
                        .orElse(true);
    }

    private static String originHost(String origin) {
        try {
            return Optional.ofNullable(URI.create(origin).getHost()).orElse(origin);
        } catch (IllegalArgumentException malformed) {
            return origin;
        }
    }

    /// Only literal names: a name that merely resolves to this machine is what DNS rebinding uses.
    private static boolean isLocalName(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("::1")
                || name.equals("[::1]")
                || LOOPBACK_ADDRESS.matcher(name).matches();
    }
}
