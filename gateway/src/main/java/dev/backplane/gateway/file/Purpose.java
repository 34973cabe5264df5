package dev.backplane.gateway.file;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What a file is for, as OpenAI's API has it (openai-openapi, `FilePurpose` and `OpenAIFile`).
public enum Purpose {
    ASSISTANTS("assistants", true),
    ASSISTANTS_OUTPUT("assistants_output", false),
    BATCH("batch", true),
    BATCH_OUTPUT("batch_output", false),
    FINE_TUNE("fine-tune", true),
    FINE_TUNE_RESULTS("fine-tune-results", false),
    VISION("vision", true),
    USER_DATA("user_data", true),
    EVALS("evals", true);

    private final String id;
    private final boolean uploaded;

    Purpose(String id, boolean uploaded) {
        this.id = id;
        this.uploaded = uploaded;
    }

    /// The name on the wire.
    public String id() {
        return id;
    }

    public static Optional<Purpose> byId(String id) {
        return Arrays.stream(values()).filter(purpose -> purpose.id.equals(id)).findFirst();
    }

    /// Those of files that come from clients.
    public static List<Purpose> ofUploads() {
        return Arrays.stream(values()).filter(purpose -> purpose.uploaded).toList();
    }
}
