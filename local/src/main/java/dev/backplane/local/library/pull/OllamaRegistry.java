package dev.backplane.local.library.pull;

import dev.backplane.core.Slice;
import dev.backplane.local.library.Layer;
import dev.backplane.local.library.Manifest;
import dev.backplane.local.library.ModelName;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/// A registry of Ollama's protocol, which is that of container registries (OCI distribution): `GET
/// /v2/NAMESPACE/MODEL/manifests/TAG` and `GET /v2/NAMESPACE/MODEL/blobs/sha256:HEX`.
final class OllamaRegistry implements Hub {
    private final Fetch fetch;
    private final Hosts hosts;

    OllamaRegistry(Fetch fetch, Hosts hosts) {
        this.fetch = fetch;
        this.hosts = hosts;
    }

    @Override
    public Plan plan(ModelName name) {
        String base = hosts.registry(name) + "/v2/" + name.repository();
        URI address = URI.create(base + "/manifests/" + name.tag());
        Slice bytes =
                fetch.read(
                        new Access(address, Manifest.MEDIA_TYPE, Optional.empty()),
                        Manifest.BYTES_MAX);
        Manifest manifest = Manifest.read(bytes, "manifest of " + name);
        List<Plan.Part> parts =
                manifest.all().stream()
                        .map(layer -> (Plan.Part) new Plan.Part.Blob(layer, blob(base, layer)))
                        .toList();
        return new Plan(parts, Optional.of(manifest));
    }

    private static Access blob(String base, Layer layer) {
        return new Access(URI.create(base + "/blobs/" + layer.digest()), "", Optional.empty());
    }
}
