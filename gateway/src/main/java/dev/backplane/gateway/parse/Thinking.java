package dev.backplane.gateway.parse;

import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whether a request switches thinking on or off in the model's template, which then writes the
/// opening tag or does not: `chat_template_kwargs`, as vLLM and SGLang take them, with
/// `enable_thinking` (Qwen, GLM) or `thinking` (DeepSeek, Granite).
final class Thinking {
    private static final String NAME = "chat_template_kwargs";

    private Thinking() {}

    /// Empty if nothing is said.
    static Optional<Boolean> said(ModelRequest request) {
        Slice given = request.extras().get(NAME);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        return JsonCursor.read(
                given,
                NAME,
                cursor -> {
                    List<Boolean> said = new ArrayList<>();
                    if (cursor.isObject()) {
                        cursor.object(name -> {
                            boolean known =
                                    name.equals("enable_thinking") || name.equals("thinking");
                            if (known && cursor.isFlag()) {
                                said.add(cursor.flag());
                            } else {
                                cursor.skip();
                            }
                        });
                    }
                    return said.stream().findFirst();
                });
    }
}
