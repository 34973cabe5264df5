package dev.backplane.server.api;

import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigSummary;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import tools.jackson.core.JsonGenerator;

/// How the process is, and what it was told.
final class StatusApi {
    private final String version;
    private final BooleanSupplier ready;
    private final Path local;
    private final Supplier<Config> config;

    /// @param local directory on the disk whose room is told
    /// @param config that is in force at the moment
    StatusApi(String version, BooleanSupplier ready, Path local, Supplier<Config> config) {
        this.version = version;
        this.ready = ready;
        this.local = local;
        this.config = config;
    }

    /// `GET /api/v1/status`: the process, its memory and its disk.
    void status(Caller caller, Exchange exchange) throws IOException {
        FileStore disk = Files.getFileStore(local);
        long free = disk.getUsableSpace();
        long total = disk.getTotalSpace();
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeBooleanProperty("ready", ready.getAsBoolean());
                    json.writeStringProperty("version", version);
                    json.writeStringProperty("java", Runtime.version().toString());
                    process(json);
                    memory(json);
                    json.writeNumberProperty("disk_free_bytes", free);
                    json.writeNumberProperty("disk_total_bytes", total);
                    json.writeEndObject();
                });
    }

    private static void process(JsonGenerator json) {
        long started = ManagementFactory.getRuntimeMXBean().getStartTime();
        json.writeStringProperty("started_time", Instant.ofEpochMilli(started).toString());
        json.writeNumberProperty("processors", Runtime.getRuntime().availableProcessors());
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        if (load < 0) {
            json.writeNullProperty("load");
        } else {
            json.writeNumberProperty("load", Math.round(load * 100) / 100.0);
        }
    }

    private static void memory(JsonGenerator json) {
        Runtime runtime = Runtime.getRuntime();
        json.writeNumberProperty("heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
        json.writeNumberProperty("heap_max_bytes", runtime.maxMemory());
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct") || pool.getName().equals("mapped")) {
                json.writeNumberProperty(pool.getName() + "_bytes", pool.getMemoryUsed());
            }
        }
    }

    /// `GET /api/v1/config`: as `config check` tells it, without secrets.
    void config(Caller caller, Exchange exchange) throws IOException {
        caller.requireAllProjects(exchange.path());
        Config now = config.get();
        exchange.sendJson(200, json -> ConfigSummary.write(now, json));
    }
}
