package dev.backplane.gateway.dialect;

import java.util.List;

/// The words for how much a model is to think. Dialects have some of them each, and a provider
/// refuses one that it does not know; the nearest that it knows is meant.
public final class Effort {
    /// Of Anthropic's models, also at Bedrock.
    public static final List<String> ANTHROPIC = List.of("low", "medium", "high", "xhigh", "max");

    public static final List<String> GEMINI = List.of("minimal", "low", "medium", "high");
    public static final List<String> OLLAMA = List.of("low", "medium", "high");

    /// Not to think at all, for which each provider has a way of its own.
    public static final String NONE = "none";

    private static final List<String> ALL =
            List.of(NONE, "minimal", "low", "medium", "high", "xhigh", "max");

    private Effort() {}

    /// @param known in their order
    /// @return the word itself if it is none of ours: the provider may know it
    public static String nearest(String word, List<String> known) {
        int place = ALL.indexOf(word);
        if (place < 0 || known.contains(word)) {
            return word;
        }
        return place < ALL.indexOf(known.getFirst()) ? known.getFirst() : known.getLast();
    }
}
