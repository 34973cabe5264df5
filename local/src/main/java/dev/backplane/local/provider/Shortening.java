package dev.backplane.local.provider;

import dev.backplane.core.Problem;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.text.tokenizer.SpecialTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// What is left out of a prompt where a request says that something may be: `truncate: true`, as
/// Ollama's clients have it, for what the context holds, or `truncate_prompt_tokens`, as vLLM's,
/// for so many tokens, -1 for what the context holds. Of a text the beginning goes, of a
/// conversation the oldest turns: whole ones, never what the system says nor the last question.
final class Shortening {
    static final String TRUNCATE = "truncate";
    static final String TOKENS = "truncate_prompt_tokens";

    private Shortening() {}

    /// Tokens that a prompt may have; empty where nothing may be left out.
    ///
    /// @param contextMax positions, of which the answer has some
    /// @param asked tokens of the answer; where nobody said it has a quarter of the context
    static OptionalInt limit(ModelRequest request, int contextMax, OptionalLong asked) {
        long most = Math.max(1, contextMax / 2);
        long answer = Math.clamp(asked.orElse(contextMax / 4), 1, most);
        int fitting = Math.max(1, contextMax - (int) answer);
        String tokens = request.extras().get(TOKENS).text();
        if (!tokens.isEmpty() && !tokens.equals("null")) {
            int number = tokens.matches("-1|[0-9]{1,9}") ? Integer.parseInt(tokens) : 0;
            if (number == 0 || number >= contextMax) {
                throw Problem.invalid("'%s'".formatted(tokens), TOKENS)
                        .fix("give 1 to %,d, or -1".formatted(contextMax - 1));
            }
            return OptionalInt.of(number < 0 ? fitting : number);
        }
        boolean may = request.extras().get(TRUNCATE).text().equals("true");
        return may ? OptionalInt.of(fitting) : OptionalInt.empty();
    }

    /// Whether the request says how many tokens its prompt may have: one that has more is refused,
    /// also where the context would hold it.
    static boolean isExact(ModelRequest request) {
        return request.extras().get(TOKENS).text().matches("[0-9]+");
    }

    /// The last tokens of a text; one that begins every text of the model still does.
    static int[] end(int[] tokens, int most, SpecialTokens specials) {
        if (tokens.length <= most) {
            return tokens;
        }
        int[] left = Arrays.copyOfRange(tokens, tokens.length - most, tokens.length);
        if (most > 1 && specials.begin().equals(OptionalInt.of(tokens[0]))) {
            left[0] = tokens[0];
        }
        return left;
    }

    /// Turns that may be left out: each begins with a question, and the last one stays.
    static int turns(List<Message> messages) {
        return Math.max(0, (int) messages.stream().filter(Shortening::begins).count() - 1);
    }

    private static boolean begins(Message message) {
        return message.role() == Message.Role.USER
                && message.parts().stream().noneMatch(part -> part instanceof Part.ToolResult);
    }

    /// A conversation without so many of its oldest turns.
    static List<Message> without(List<Message> messages, int turns) {
        List<Message> left = new ArrayList<>();
        int begun = 0;
        for (Message message : messages) {
            begun += begins(message) ? 1 : 0;
            boolean system =
                    message.role() == Message.Role.SYSTEM
                            || message.role() == Message.Role.DEVELOPER;
            if (system || begun > turns || turns == 0) {
                left.add(message);
            }
        }
        return left;
    }
}
