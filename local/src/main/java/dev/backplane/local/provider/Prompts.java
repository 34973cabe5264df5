package dev.backplane.local.provider;

import dev.backplane.core.JsonOut;
import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.TextFiles;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.ProviderError;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.parse.ReplyFormat;
import dev.backplane.gateway.parse.ThoughtFormat;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.text.MarkedText;
import dev.backplane.text.template.ChatTemplate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Makes the tokens of a request's prompts. None is ever cut: one that leaves no room for an answer
/// is refused, with what is to be cut where, unless the request says that something may be left out
/// ([Shortening]); what was is told.
final class Prompts {
    private static final String KWARGS = "chat_template_kwargs";

    private final LoadedModel model;
    private final ModelRequest request;
    private final CallContext context;

    Prompts(LoadedModel model, ModelRequest request, CallContext context) {
        this.model = model;
        this.request = request;
        this.context = context;
    }

    /// @throws Problem `INVALID` for one that does not fit the context, or that the template
    ///   refuses
    List<Prompt> all() {
        int room = model.engine().contextMax();
        OptionalInt limit =
                Shortening.limit(request, room, new Parameters(request, model).tokensAsked());
        List<Prompt> prompts =
                switch (request.input()) {
                    case Input.Chat _ ->
                            List.of(limit.isPresent() ? chat(limit.getAsInt()) : chat());
                    case Input.Raw(List<Input.Prompt> texts) ->
                            texts.stream().map(text -> shortened(raw(text), limit)).toList();
                };
        for (int i = 0; i < prompts.size(); i++) {
            int length = prompts.get(i).tokens().length;
            if (length == 0) {
                throw Problem.invalid("the prompt is empty", "prompt").fix("give some text");
            }
            if (length >= room) {
                throw tooLong(length, room, i);
            }
            if (Shortening.isExact(request) && length > limit.orElse(length)) {
                throw TooLong.problem(
                                "the prompt has %,d tokens without its oldest turns, and"
                                                .formatted(length)
                                        + " %s is %,d"
                                                .formatted(Shortening.TOKENS, limit.getAsInt()),
                                length,
                                limit.getAsInt(),
                                Shortening.TOKENS)
                        .fix("raise it, or make what the system says or the last turn shorter");
            }
        }
        return prompts;
    }

    /// Tokens of the request's input, fitting or not.
    int[] tokens() {
        return switch (request.input()) {
            case Input.Chat _ -> chat().tokens();
            case Input.Raw(List<Input.Prompt> texts) ->
                    texts.stream()
                            .flatMapToInt(text -> Arrays.stream(raw(text).tokens()))
                            .toArray();
        };
    }

    private boolean says(String field, boolean otherwise) {
        Slice json = request.extras().get(field);
        return json.isEmpty() ? otherwise : json.text().equals("true");
    }

    private Prompt raw(Input.Prompt prompt) {
        int[] tokens =
                switch (prompt) {
                    case Input.Prompt.Text(String text) ->
                            model.rawPrompt(text, says("add_special_tokens", true));
                    case Input.Prompt.Tokens(Slice json) -> Tokens.read(json, model.vocabulary());
                };
        return new Prompt(tokens, ReplyFormat.PLAIN, false);
    }

    private Prompt shortened(Prompt prompt, OptionalInt limit) {
        int length = prompt.tokens().length;
        if (limit.isEmpty() || length <= limit.getAsInt()) {
            return prompt;
        }
        int most = limit.getAsInt();
        context.ignored("prompt.first_%d_of_%d_tokens".formatted(length - most, length));
        int[] left = Shortening.end(prompt.tokens(), most, model.tokenizer().specials());
        return new Prompt(left, prompt.format(), prompt.thinking());
    }

    /// Without as few of the oldest turns as it takes, if that is enough.
    private Prompt chat(int limit) {
        Prompt prompt = chat();
        List<Message> messages = request.messages();
        int fitting = Shortening.turns(messages);
        if (prompt.tokens().length <= limit || fitting == 0) {
            return prompt;
        }
        prompt = without(fitting);
        int tooFew = 0;
        while (tooFew + 1 < fitting) {
            int turns = (tooFew + fitting) >>> 1;
            Prompt less = without(turns);
            if (less.tokens().length <= limit) {
                fitting = turns;
                prompt = less;
            } else {
                tooFew = turns;
            }
        }
        int left = Shortening.without(messages, fitting).size();
        context.ignored(
                "messages.oldest_%d_of_%d".formatted(messages.size() - left, messages.size()));
        return prompt;
    }

    private Prompt without(int turns) {
        ModelRequest.Builder shorter = request.toBuilder();
        shorter.input = new Input.Chat(Shortening.without(request.messages(), turns));
        return new Prompts(model, shorter.build(), context).chat();
    }

    private Prompt chat() {
        ChatTemplate template = model.template();
        MarkedText text = render(template);
        ReplyFormat format = opened(model.format(), text.text().stripTrailing());
        boolean thinking = format.thoughts().map(ThoughtFormat::opened).orElse(false);
        if (ForcedCall.of(request).isEmpty()) {
            return new Prompt(model.encode(text), format, thinking);
        }
        if (thinking) {
            String close = format.thoughts().orElseThrow().close().getFirst();
            text = text.concat(MarkedText.trusted(close + "\n\n"));
        }
        text = text.concat(MarkedText.trusted(ForcedCall.opening(format)));
        return new Prompt(model.encode(text), ForcedCall.format(format), false);
    }

    /// Whether a reply begins inside a thought is seen from how the prompt ends.
    private static ReplyFormat opened(ReplyFormat format, String prompt) {
        return new ReplyFormat(
                format.calls(),
                format.thoughts()
                        .map(thoughts ->
                                new ThoughtFormat(
                                        thoughts.name(),
                                        thoughts.open(),
                                        thoughts.close(),
                                        thoughts.open().stream().anyMatch(prompt::endsWith),
                                        thoughts.dropped())),
                format.channels());
    }

    /// Some templates add arguments to text, and cannot do with objects.
    private MarkedText render(ChatTemplate template) {
        try {
            return render(template, true);
        } catch (Problem problem) {
            boolean calls =
                    request.messages().stream()
                            .flatMap(message -> message.parts().stream())
                            .anyMatch(part -> part instanceof Part.ToolCall);
            if (!calls) {
                throw problem;
            }
            return render(template, false);
        }
    }

    private MarkedText render(ChatTemplate template, boolean objects) {
        Optional<JsonTree> tools = Conversation.tools(request, context);
        if (tools.isPresent() && !template.source().contains("tools")) {
            context.ignored("tools");
        }
        return template.render(
                new ChatTemplate.Input(
                        new JsonTree.Items(
                                new Conversation(model.files(), template.source())
                                        .messages(request.messages(), objects)),
                        tools,
                        says("add_generation_prompt", true),
                        model.specialTexts(),
                        variables(),
                        ZonedDateTime.now(ZoneId.systemDefault())));
    }

    /// What the request tells the template, as vLLM's clients do, or by how much it is to think.
    private Map<String, JsonTree> variables() {
        Map<String, JsonTree> variables = new LinkedHashMap<>();
        request.settings()
                .text(Setting.REASONING_EFFORT)
                .ifPresent(effort -> {
                    think(variables, !effort.equals("none"));
                    variables.put("reasoning_effort", new JsonTree.Text(effort));
                });
        Slice think = request.extras().get("think");
        if (!think.isEmpty()) {
            think(variables, think.text().equals("true"));
        }
        Slice given = request.extras().get(KWARGS);
        if (!given.isEmpty()
                && JsonTree.parse(given.text(), KWARGS) instanceof JsonTree.Fields fields) {
            variables.putAll(fields.values());
        }
        return variables;
    }

    /// By the names that Qwen and GLM, and DeepSeek and Granite have for it.
    private static void think(Map<String, JsonTree> variables, boolean on) {
        variables.put("enable_thinking", new JsonTree.Flag(on));
        variables.put("thinking", new JsonTree.Flag(on));
    }

    private Problem tooLong(int length, int room, int prompt) {
        int excess = length - room + 1;
        Longest longest = longest(prompt);
        String details =
                new JsonOut()
                        .beginObject()
                        .name("prompt_tokens")
                        .literal("" + length)
                        .name("context_tokens")
                        .literal("" + room)
                        .name("excess_tokens")
                        .literal("" + excess)
                        .name("longest")
                        .text(longest.where)
                        .name("longest_tokens")
                        .literal("" + longest.tokens)
                        .endObject()
                        .slice()
                        .text();
        return Problem.invalid(
                        ("the prompt has %,d tokens, and the context of %s holds %,d,"
                                        + " answer included")
                                .formatted(length, request.model(), room),
                        longest.where)
                .fix(
                        "cut at least %,d tokens; the longest part is %s with %,d"
                                .formatted(excess, longest.where, longest.tokens))
                .causedBy(
                        new ProviderError(
                                "context_length_exceeded", longest.where, Slice.of(details)));
    }

    private record Longest(String where, int tokens) {}

    private Longest longest(int prompt) {
        if (!(request.input() instanceof Input.Chat)) {
            String where = "prompt" + (prompt == 0 ? "" : "[" + prompt + "]");
            Input.Raw raw = (Input.Raw) request.input();
            return new Longest(where, raw(raw.prompts().get(prompt)).tokens().length);
        }
        Longest longest = new Longest("messages", 0);
        List<String> texts = new ArrayList<>();
        request.messages().forEach(message -> texts.add(text(message.parts())));
        for (int i = 0; i < texts.size(); i++) {
            int tokens = model.encode(MarkedText.untrusted(texts.get(i))).length;
            if (tokens > longest.tokens) {
                longest = new Longest("messages[%d]".formatted(i), tokens);
            }
        }
        int tools =
                Conversation.tools(request, context)
                        .map(tree -> model.encode(MarkedText.untrusted(Trees.text(tree))).length)
                        .orElse(0);
        return tools > longest.tokens ? new Longest("tools", tools) : longest;
    }

    private static String text(List<Part> parts) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.Text said -> text.append(said.text());
                case Part.Reasoning thought -> text.append(thought.text());
                case Part.ToolCall call -> text.append(call.name()).append(call.arguments());
                case Part.ToolResult result -> text.append(text(result.content()));
                case Part.Refusal refusal -> text.append(refusal.text());
                case Part.File(Media.Base64(String _, String data), String _, Extras _) ->
                        text.append(TextFiles.decode(data).map(Slice::text).orElse(""));
                case Part.Image _, Part.Audio _, Part.File _, Part.Other _ -> {}
            }
        }
        return text.toString();
    }
}
