package dev.backplane.ingest.dialect;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import java.util.OptionalLong;

/// Token counts of one call as a sender states them, with the question answered that makes bills
/// wrong: are cached tokens part of the input count, and reasoning part of the output count?
///
/// gen_ai, OpenInference, OpenAI and Gemini include cached tokens; Anthropic's API does not, and
/// whether an instrumentation adds them up depends on its version. So: outside, if the dialect says
/// so; else if a stated total equals the sum with them apart; else if there are more of them than
/// input tokens, which is impossible for a part. Otherwise they are inside. The same holds for
/// reasoning.
record Usage(
        OptionalLong input,
        OptionalLong output,
        OptionalLong cached,
        OptionalLong cacheWrite,
        OptionalLong reasoning,
        OptionalLong total,
        boolean cacheOutside) {

    boolean isEmpty() {
        return input.isEmpty() && output.isEmpty() && cached.isEmpty() && reasoning.isEmpty();
    }

    void put(SpanData.Builder data) {
        long cache = cached.orElse(0) + cacheWrite.orElse(0);
        long in = input.orElse(0);
        long out = output.orElse(0);
        long thought = reasoning.orElse(0);
        boolean thoughtOutside = thought > out || (thought > 0 && isTotal(in + out + thought));
        boolean outside =
                cacheOutside
                        || cache > in
                        || (cache > 0
                                && isTotal(in + cache + out + (thoughtOutside ? thought : 0)));
        if (input.isPresent() || cache > 0) {
            data.put(Field.INPUT_TOKENS, outside ? in + cache : in);
        }
        if (output.isPresent() || thought > 0) {
            data.put(Field.OUTPUT_TOKENS, thoughtOutside ? out + thought : out);
        }
        cached.ifPresent(count -> data.put(Field.CACHED_TOKENS, count));
        cacheWrite.ifPresent(count -> data.put(Field.CACHE_WRITE_TOKENS, count));
        reasoning.ifPresent(count -> data.put(Field.REASONING_TOKENS, count));
    }

    private boolean isTotal(long sum) {
        return total.isPresent() && total.getAsLong() == sum;
    }
}
