package dev.backplane.gateway.call;

import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;

/// How a conversation begins, as a number: the same at each of its turns, and different for most
/// others, so that those are spread. It is made of the tools, the instructions, and the first
/// message after them.
final class Beginning {
    private Beginning() {}

    static long of(ModelRequest request) {
        Slice begins =
                switch (request.input()) {
                    case Input.Chat(List<Message> messages, Slice _) ->
                            ChatRequestWriter.messages(first(messages), request.dialect());
                    case Input.Raw(List<Input.Prompt> prompts) -> Completions.prompts(prompts);
                };
        return 31L * ChatRequestWriter.tools(request.tools()).hashCode() + begins.hashCode();
    }

    private static List<Message> first(List<Message> messages) {
        List<Message> first = new ArrayList<>();
        for (Message message : messages) {
            first.add(message);
            if (message.role() != Message.Role.SYSTEM && message.role() != Message.Role.DEVELOPER) {
                break;
            }
        }
        return first;
    }
}
