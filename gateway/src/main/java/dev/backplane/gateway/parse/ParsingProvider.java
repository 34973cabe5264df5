package dev.backplane.gateway.parse;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Embedding;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Ranking;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.Capabilities;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.gateway.provider.Provider;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// A provider whose server does not parse what its model writes.
public final class ParsingProvider implements Provider {
    private static final String SKIP = "skip_special_tokens";

    private final Provider inner;
    private final ReplyFormat format;

    /// Closing this closes `inner`.
    public ParsingProvider(Provider inner, ReplyFormat format) {
        this.inner = inner;
        this.format = format;
    }

    /// Who writes what is parsed here.
    public Provider upstream() {
        return inner;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public Capabilities capabilities() {
        return inner.capabilities();
    }

    @Override
    public void generate(ModelRequest request, CallContext context, Events events)
            throws IOException {
        if (request.input() instanceof Input.Chat) {
            inner.generate(
                    withMarkers(request), context, new ParsedEvents(format, request, events));
        } else {
            inner.generate(request, context, events);
        }
    }

    /// vLLM and SGLang leave special tokens out of the text, the markers with them, unless told
    /// otherwise in a field that only OpenAI's dialect can carry.
    private ModelRequest withMarkers(ModelRequest request) {
        boolean able = request.dialect() == DialectId.OPENAI_CHAT;
        Extras extras = request.extras();
        if (!format.special() || !able || !extras.get(SKIP).isEmpty()) {
            return request;
        }
        ModelRequest.Builder builder = request.toBuilder();
        builder.extras.put(SKIP, Slice.of("false"));
        return builder.build();
    }

    @Override
    public Embedding.Answer embed(Embedding.Request request, CallContext context) {
        return inner.embed(request, context);
    }

    @Override
    public Ranking.Answer rank(Ranking.Request request, CallContext context) {
        return inner.rank(request, context);
    }

    @Override
    public Optional<InProcess> inProcess() {
        return inner.inProcess();
    }

    @Override
    public List<ModelInfo> models(CallContext context) {
        return inner.models(context);
    }

    @Override
    public void close() {
        inner.close();
    }
}
