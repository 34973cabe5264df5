package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A request for a response: what goes to a model, and what stays here.
///
/// @param request all but its conversation, which [#withItems] adds
/// @param items of this request alone, as they came; text is one message
/// @param instructions for this response only, or empty
/// @param previous id of the response to go on from, or empty
/// @param conversation id of the conversation to go on with, or empty
/// @param background whether the client does not wait for the answer
/// @param store whether it is to be kept; empty where nothing was said
/// @param renamed tools that are more than a function to the client, by the function's name
/// @param echo what the response repeats
public record ResponsesRequest(
        ModelRequest request,
        List<Slice> items,
        String instructions,
        String previous,
        String conversation,
        boolean background,
        Optional<Boolean> store,
        Map<String, ClientTool> renamed,
        Echo echo) {
    public ResponsesRequest {
        items = List.copyOf(items);
        renamed = Map.copyOf(renamed);
    }

    /// Members of the request that its response repeats and the model has no place for. JSON is
    /// empty where nothing was said.
    ///
    /// @param summaries whether thoughts are wanted as summaries
    public record Echo(
            Slice toolChoice,
            List<Slice> tools,
            Slice textFormat,
            Slice reasoning,
            boolean summaries,
            Slice maxToolCalls,
            Slice metadata) {
        public Echo {
            tools = List.copyOf(tools);
        }
    }

    /// What to ask a model.
    ///
    /// @param conversation items from the first to this request's last, without references
    public ModelRequest withItems(List<Slice> conversation) {
        List<Message> messages = new ArrayList<>();
        if (!instructions.isEmpty()) {
            messages.add(Message.of(Message.Role.SYSTEM, instructions));
        }
        messages.addAll(ItemReader.messages(conversation));
        ModelRequest.Builder builder = request.toBuilder();
        builder.input = new Input.Chat(messages);
        return builder.build();
    }
}
