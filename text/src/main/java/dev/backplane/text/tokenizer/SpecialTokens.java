package dev.backplane.text.tokenizer;

import java.util.Collections;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/// The tokens that a model's host must know by their part.
///
/// @param begin what a text begins with
/// @param end what a text ends with
/// @param unknown what stands for text that has no token
/// @param padding what fills up
/// @param endOfGeneration tokens after which nothing more is to be generated: the end of a text, of
///   a turn, of a call
public record SpecialTokens(
        OptionalInt begin,
        OptionalInt end,
        OptionalInt unknown,
        OptionalInt padding,
        Set<Integer> endOfGeneration) {
    public static final SpecialTokens NONE =
            new SpecialTokens(
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    Set.of());

    /// Tokens that end a turn in the families in use, by their text; a special token of this text
    /// ends generation whether or not a file says so, because many files do not.
    static final Set<String> TURN_ENDS =
            Set.of(
                    "<|eot_id|>",
                    "<|eom_id|>",
                    "<|im_end|>",
                    "<|end|>",
                    "<|return|>",
                    "<|call|>",
                    "<end_of_turn>",
                    "<turn|>",
                    "<|endoftext|>",
                    "<|end_of_text|>",
                    "<|eot|>",
                    "<EOT>",
                    "<|END_OF_TURN_TOKEN|>",
                    "<|user|>",
                    "<|observation|>",
                    "<｜end▁of▁sentence｜>");

    public SpecialTokens {
        endOfGeneration = Collections.unmodifiableSet(new TreeSet<>(endOfGeneration));
    }
}
