package dev.backplane.local.provider;

import dev.backplane.engine.embed.Pooling;
import dev.backplane.engine.model.TileCache;
import dev.backplane.engine.speculate.SpeculationOptions;
import dev.backplane.tensor.kernel.CacheType;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// How local models are loaded and run.
///
/// @param threads that compute, of each model
/// @param memoryBytes that all loaded models may take together
/// @param keepAlive how long a model that nobody uses stays
/// @param context positions that a request may have, where neither model nor configuration says it
/// @param kv what keys and values are kept in
/// @param runningMax requests that a model answers together
/// @param waitingMax requests that may wait for a model; one more is refused
/// @param prefixes who shares what was computed of prompts
/// @param trial of each kernel before the first model is loaded, see [TriedKernels]; zero for none
/// @param machineCode whether products may run as machine code, where this processor has what it
///   takes
/// @param speculation what engines guess of answers
/// @param tiles where repacked weights are kept for the next start, if anywhere
public record LocalSettings(
        int threads,
        long memoryBytes,
        Duration keepAlive,
        int context,
        CacheType kv,
        int runningMax,
        int waitingMax,
        PrefixSharing prefixes,
        Duration trial,
        boolean machineCode,
        SpeculationOptions speculation,
        Optional<TileCache> tiles) {
    /// Of the memory that the heap leaves, what models may take: the rest is for pages of files.
    private static final double SHARE = 0.8;

    /// How answers can be guessed, by the names in the configuration.
    public static final List<String> GUESSES =
            Arrays.stream(SpeculationOptions.Method.values()).map(LocalSettings::id).toList();

    /// What keys and values can be kept in, by the names in the configuration.
    public static final List<String> KV_TYPES = CacheType.IDS;

    /// How a model's states can become a vector, by the names in the configuration.
    public static final List<String> POOLINGS =
            Arrays.stream(Pooling.values()).map(Pooling::id).toList();

    public LocalSettings {
        if (threads < 1 || memoryBytes < 1 || context < 1 || runningMax < 1 || waitingMax < 0) {
            throw new IllegalArgumentException("a setting of local models is too small");
        }
    }

    /// For this machine.
    public static LocalSettings defaults() {
        return new LocalSettings(
                Runtime.getRuntime().availableProcessors(),
                memory(),
                Duration.ofMinutes(5),
                8_192,
                CacheType.F16,
                16,
                256,
                PrefixSharing.KEY,
                Duration.ZERO,
                true,
                SpeculationOptions.OFF,
                Optional.empty());
    }

    private static String id(SpeculationOptions.Method method) {
        return method.name().toLowerCase(Locale.ROOT);
    }

    /// What keys and values are kept in, one of [#KV_TYPES].
    public String kvType() {
        return kv.id();
    }

    /// These, with keys and values kept so.
    ///
    /// @param id one of [#KV_TYPES]
    public LocalSettings keepingKv(String id) {
        return new LocalSettings(
                threads,
                memoryBytes,
                keepAlive,
                context,
                CacheType.byId(id).orElseThrow(),
                runningMax,
                waitingMax,
                prefixes,
                trial,
                machineCode,
                speculation,
                tiles);
    }

    /// How answers are guessed, one of [#GUESSES].
    public String guessing() {
        return id(speculation.method());
    }

    /// Tokens guessed at once for a request, at most; 0 where nothing is guessed.
    public int guessedTokens() {
        return speculation.tokensMax();
    }

    /// Of disk for repacked weights; 0 where they are not kept.
    public long tileBytes() {
        return tiles.map(TileCache::bytesMax).orElse(0L);
    }

    /// These, with answers guessed.
    ///
    /// @param method one of [#GUESSES]
    /// @param tokens guessed at once for a request, at most
    public LocalSettings guessing(String method, Optional<Integer> tokens) {
        SpeculationOptions guesses =
                SpeculationOptions.of(
                        SpeculationOptions.Method.valueOf(method.toUpperCase(Locale.ROOT)));
        return new LocalSettings(
                threads,
                memoryBytes,
                keepAlive,
                context,
                kv,
                runningMax,
                waitingMax,
                prefixes,
                trial,
                machineCode,
                tokens.map(guesses::withTokens).orElse(guesses),
                tiles);
    }

    /// These, with repacked weights kept in a folder.
    ///
    /// @param bytesMax that they may take there
    public LocalSettings keepingTiles(Path folder, long bytesMax) {
        return new LocalSettings(
                threads,
                memoryBytes,
                keepAlive,
                context,
                kv,
                runningMax,
                waitingMax,
                prefixes,
                trial,
                machineCode,
                speculation,
                Optional.of(new TileCache(folder, bytesMax)));
    }

    private static long memory() {
        long all =
                ManagementFactory.getOperatingSystemMXBean()
                                instanceof com.sun.management.OperatingSystemMXBean system
                        ? system.getTotalMemorySize()
                        : 2 * Runtime.getRuntime().maxMemory();
        return Math.max(1, (long) (SHARE * (all - Runtime.getRuntime().maxMemory())));
    }
}
