package dev.backplane.gateway.parse;

import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.Part;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// Names calls to which the model gave no id.
@FunctionalInterface
public interface CallIds {
    /// @param name of the tool
    /// @param number of the call in its reply, from 0
    String id(String name, int number);

    /// In the form that the format's template wants.
    ///
    /// @param before the conversation, whose calls are counted
    static CallIds of(ReplyFormat format, List<Message> before) {
        CallFormat.Ids kind = format.calls().map(CallFormat::ids).orElse(CallFormat.Ids.ANY);
        return switch (kind) {
            case ANY -> (_, _) -> any();
            case NINE -> (_, _) -> nine(RandomGenerator.getDefault());
            case NUMBERED -> {
                long calls =
                        before.stream()
                                .flatMap(message -> message.parts().stream())
                                .filter(part -> part instanceof Part.ToolCall)
                                .count();
                yield (name, number) -> "functions." + name + ":" + (calls + number);
            }
        };
    }

    private static String any() {
        return "call_" + UUID.randomUUID().toString().replace("-", "").substring(8);
    }

    private static String nine(RandomGenerator random) {
        String signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        StringBuilder id = new StringBuilder();
        while (id.length() < 9) {
            id.append(signs.charAt(random.nextInt(signs.length())));
        }
        return id.toString();
    }
}
