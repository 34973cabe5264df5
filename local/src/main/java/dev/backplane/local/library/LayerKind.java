package dev.backplane.local.library;

/// What a layer of a model is, by its media type. The first ones are Ollama's; `FILE` is a file of
/// a model that consists of several, which the layer's name tells apart.
public enum LayerKind {
    MODEL("application/vnd.ollama.image.model"),
    ADAPTER("application/vnd.ollama.image.adapter"),
    PROJECTOR("application/vnd.ollama.image.projector"),
    TEMPLATE("application/vnd.ollama.image.template"),
    SYSTEM("application/vnd.ollama.image.system"),
    PARAMETERS("application/vnd.ollama.image.params"),
    MESSAGES("application/vnd.ollama.image.messages"),
    LICENSE("application/vnd.ollama.image.license"),
    FILE("application/vnd.backplane.file"),
    CONFIG("application/vnd.docker.container.image.v1+json"),
    OTHER("");

    private final String mediaType;

    LayerKind(String mediaType) {
        this.mediaType = mediaType;
    }

    public String mediaType() {
        return mediaType;
    }

    /// Media types that are not known here are `OTHER`: such layers are kept and not used.
    public static LayerKind of(String mediaType) {
        for (LayerKind kind : values()) {
            if (kind.mediaType.equals(mediaType)) {
                return kind;
            }
        }
        return OTHER;
    }
}
