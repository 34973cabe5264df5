package dev.backplane.local.provider;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.engine.sample.TokenChoice;
import dev.backplane.engine.sample.TokenScore;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.ModelRequest;
import java.util.List;

/// Probabilities of a prompt's tokens in vLLM's form, by ids; nothing is known of the first:
///
/// ```
/// [null, {"272": {"logprob": -1.5, "rank": 3, "decoded_token": " sky"}, …}, …]
/// ```
final class PromptLogprobs {
    /// In a request how many are wanted, in an answer where they stand.
    static final String FIELD = "prompt_logprobs";

    private PromptLogprobs() {}

    /// Whether clients of a dialect have a place for them.
    static boolean isIn(DialectId dialect) {
        return dialect == DialectId.OPENAI_CHAT || dialect == DialectId.OPENAI_COMPLETIONS;
    }

    /// How many a request wants; empty for none at all.
    static String asked(ModelRequest request) {
        String asked = isIn(request.dialect()) ? request.extras().get(FIELD).text() : "";
        return asked.equals("null") ? "" : asked;
    }

    static Slice json(LoadedModel model, List<TokenScore> scores) {
        JsonOut out = new JsonOut().beginArray().literal("null");
        for (TokenScore score : scores) {
            out.beginObject();
            one(out, model, score.token(), score.logprob(), score.rank());
            int rank = 1;
            for (TokenChoice.Candidate other : score.likeliest()) {
                if (other.token() != score.token()) {
                    one(out, model, other.token(), other.logprob(), rank);
                }
                rank++;
            }
            out.endObject();
        }
        return out.endArray().slice();
    }

    private static void one(JsonOut out, LoadedModel model, int token, float logprob, int rank) {
        out.name("" + token).beginObject();
        out.name("logprob").literal(TokenLogprobs.number(logprob));
        out.name("rank").literal("" + rank);
        out.name("decoded_token").text(TokenLogprobs.text(model, token)).endObject();
    }
}
