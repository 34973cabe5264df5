package dev.backplane.text.tokenizer;

import dev.backplane.core.Problem;
import dev.backplane.text.MarkedText;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model's tokenizer: text to ids and back.
///
/// Text with lone surrogates, which UTF-8 cannot hold, is read as if each were U+FFFD. Immutable in
/// effect; any number of threads may use one.
public final class Tokenizer {
    /// The parts of a tokenizer, as a file describes them.
    record Stages(
            List<AddedToken> added,
            Normalizer normalizer,
            PreTokenizer preTokenizer,
            Model model,
            PostProcessor postProcessor,
            Decoder decoder,
            SpecialTokens specials) {}

    private final Stages stages;
    private final AddedTokens written;
    private final AddedTokens normalized;
    private final Map<Integer, AddedToken> addedById = new HashMap<>();
    private final Map<String, Integer> addedByContent = new HashMap<>();
    private final BitSet special = new BitSet();
    private final int size;

    Tokenizer(Stages stages) {
        this.stages = stages;
        List<AddedToken> asWritten = new ArrayList<>();
        List<AddedToken> inNormalized = new ArrayList<>();
        int largest = stages.model.vocabulary().size() - 1;
        for (AddedToken token : stages.added) {
            addedById.put(token.id(), token);
            addedByContent.put(token.content(), token.id());
            special.set(token.id(), token.special());
            (token.normalized() ? inNormalized : asWritten).add(token);
            largest = Math.max(largest, token.id());
        }
        size = largest + 1;
        written = new AddedTokens(asWritten, contents(asWritten));
        normalized =
                new AddedTokens(
                        inNormalized,
                        contents(inNormalized).stream().map(stages.normalizer::normalize).toList());
    }

    private static List<String> contents(List<AddedToken> tokens) {
        return tokens.stream().map(AddedToken::content).toList();
    }

    /// One above the largest id. Ids below may have holes.
    public int size() {
        return size;
    }

    public SpecialTokens specials() {
        return stages.specials;
    }

    Stages stages() {
        return stages;
    }

    /// Whether the token controls the model rather than standing for text.
    public boolean isSpecial(int id) {
        return id >= 0 && special.get(id);
    }

    /// Whether there is a token of this id.
    public boolean has(int id) {
        return addedById.containsKey(id) || stages.model.vocabulary().has(id);
    }

    /// The token's text as the vocabulary writes it.
    ///
    /// @throws Problem when there is no such token
    public String piece(int id) {
        AddedToken added = addedById.get(id);
        if (added != null) {
            return added.content();
        }
        if (!stages.model.vocabulary().has(id)) {
            throw Problem.invalid("no token " + id, "token ids")
                    .fix("ids are below %,d".formatted(size));
        }
        return stages.model.vocabulary().piece(id);
    }

    /// The id of a piece, added tokens first; -1 when there is none.
    public int id(String piece) {
        Integer added = addedByContent.get(piece);
        return added != null ? added : stages.model.vocabulary().id(piece);
    }

    /// What the token reads as in the middle of a text. Several tokens may make one character.
    ///
    /// @throws Problem when there is no such token
    public byte[] bytes(int id) {
        return bytes(id, false);
    }

    byte[] bytes(int id, boolean first) {
        return stages.decoder.bytes(piece(id), first);
    }

    int strippedSpaces() {
        return stages.decoder.stripped();
    }

    /// The ids of a trusted text.
    ///
    /// @param around whether to put around it what the model expects around a text
    public int[] encode(String text, boolean around) {
        return encode(MarkedText.trusted(text), special, around);
    }

    /// The ids of a text, in which no untrusted character becomes part of a control token. A text
    /// without such attempts gets the ids that it would get if all of it were trusted.
    ///
    /// @param control the control tokens: see [#controls]
    /// @param around whether to put around it what the model expects around a text
    public int[] encode(MarkedText text, BitSet control, boolean around) {
        return put(
                around ? stages.postProcessor.single() : List.of(new PostProcessor.Text(false, 0)),
                cut(text, control),
                new int[0],
                null);
    }

    /// Two texts as one input, for models that compare.
    ///
    /// @param ids the tokens
    /// @param segments for each, 0 or 1, for models that tell the texts apart by it
    public record Pair(int[] ids, int[] segments) {}

    public Pair encodePair(String first, String second) {
        IntList segments = new IntList();
        int[] ids =
                put(
                        stages.postProcessor.pair(),
                        cut(MarkedText.untrusted(first), special),
                        cut(MarkedText.untrusted(second), special),
                        segments);
        return new Pair(ids, segments.toArray());
    }

    /// The tokens that need trusted text: all special ones, and all added ones whose text stands in
    /// the trusted characters of `markup`, which is a chat template or what it rendered. Families
    /// have markers, such as that of a tool call, that are no special tokens.
    public BitSet controls(MarkedText markup) {
        BitSet control = (BitSet) special.clone();
        for (AddedToken token : stages.added) {
            int at = token.content().isEmpty() ? -1 : markup.text().indexOf(token.content());
            while (at >= 0) {
                if (markup.isTrusted(at, at + token.content().length())) {
                    control.set(token.id());
                    break;
                }
                at = markup.text().indexOf(token.content(), at + 1);
            }
        }
        return control;
    }

    private static int[] put(
            List<PostProcessor.Part> parts, int[] first, int[] second, @Nullable IntList segments) {
        IntList ids = new IntList();
        for (PostProcessor.Part part : parts) {
            switch (part) {
                case PostProcessor.Token(int id, int _) -> ids.add(id);
                case PostProcessor.Text(boolean isSecond, int _) ->
                        ids.addAll(isSecond ? second : first);
            }
            while (segments != null && segments.size() < ids.size()) {
                segments.add(part.segment());
            }
        }
        return ids.toArray();
    }

    private int[] cut(MarkedText text, BitSet control) {
        IntList ids = new IntList();
        MarkedText whole = text.wellFormed();
        written.split(
                whole,
                control,
                new AddedTokens.Parts() {
                    @Override
                    public void text(int from, int to) {
                        cutSection(whole.substring(from, to), from == 0, control, ids);
                    }

                    @Override
                    public void token(AddedToken token) {
                        ids.add(token.id());
                    }
                });
        return ids.toArray();
    }

    /// A section without tokens that are found as written.
    private void cutSection(MarkedText section, boolean first, BitSet control, IntList ids) {
        String plain = stages.normalizer.normalize(section.text());
        if (normalized.isEmpty()) {
            cutWords(plain, first, ids);
            return;
        }
        if (section.isTrusted() || !findsControl(plain, control)) {
            cutNormalized(MarkedText.trusted(plain), first, control, ids);
            return;
        }
        // Normalising loses track of trust, so that each run is looked at by itself. This changes
        // the cut at the runs' ends, but only for texts that name control tokens.
        for (int from = 0; from < section.length(); from = section.runEnd(from)) {
            MarkedText run = section.substring(from, section.runEnd(from));
            String text = stages.normalizer.normalize(run.text());
            cutNormalized(
                    run.isTrusted() ? MarkedText.trusted(text) : MarkedText.untrusted(text),
                    first && from == 0,
                    control,
                    ids);
        }
    }

    private boolean findsControl(String text, BitSet control) {
        boolean[] found = {false};
        normalized.split(
                MarkedText.trusted(text),
                control,
                new AddedTokens.Parts() {
                    @Override
                    public void text(int from, int to) {}

                    @Override
                    public void token(AddedToken token) {
                        found[0] |= control.get(token.id());
                    }
                });
        return found[0];
    }

    private void cutNormalized(MarkedText text, boolean first, BitSet control, IntList ids) {
        normalized.split(
                text,
                control,
                new AddedTokens.Parts() {
                    @Override
                    public void text(int from, int to) {
                        cutWords(text.text().substring(from, to), first && from == 0, ids);
                    }

                    @Override
                    public void token(AddedToken token) {
                        ids.add(token.id());
                    }
                });
    }

    private void cutWords(String text, boolean first, IntList ids) {
        stages.preTokenizer.split(
                text,
                first,
                (word, _) -> {
                    if (!word.isEmpty()) {
                        stages.model.encode(word, ids);
                    }
                });
    }

    /// The text of these tokens.
    ///
    /// @param skipSpecial whether special tokens are left out
    /// @throws Problem when there is no such token
    public String decode(int[] ids, boolean skipSpecial) {
        Detokenizer detokenizer = detokenizer(skipSpecial);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(detokenizer.next(id));
        }
        return text.append(detokenizer.finish()).toString();
    }

    /// A detokenizer for one stream.
    public Detokenizer detokenizer(boolean skipSpecial) {
        return new Detokenizer(this, skipSpecial);
    }
}
