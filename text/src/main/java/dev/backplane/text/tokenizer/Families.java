package dev.backplane.text.tokenizer;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The pre-tokenizers that GGUF files only name (`tokenizer.ggml.pre`), by the expressions that the
/// families' own `tokenizer.json` files have. Each expression cuts what the ones before left.
///
/// Sources: the tokenizer.json files of the families; the names and flags as llama.cpp has them
/// (src/llama-vocab.cpp).
final class Families {
    static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    static final String LLAMA3 =
            CONTRACTION
                    + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    static final String QWEN2 =
            CONTRACTION
                    + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String QWEN35 =
            CONTRACTION
                    + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                    + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

    static final String O200K =
            "[^\\r\\n\\p{L}\\p{N}]?"
                    + UPPER
                    + "*"
                    + LOWER
                    + "+"
                    + CONTRACTION
                    + "?"
                    + "|[^\\r\\n\\p{L}\\p{N}]?"
                    + UPPER
                    + "+"
                    + LOWER
                    + "*"
                    + CONTRACTION
                    + "?"
                    + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    static final String TEKKEN =
            "[^\\r\\n\\p{L}\\p{N}]?"
                    + UPPER
                    + "*"
                    + LOWER
                    + "+"
                    + "|[^\\r\\n\\p{L}\\p{N}]?"
                    + UPPER
                    + "+"
                    + LOWER
                    + "*"
                    + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String NUMBERS_OF_3 = "\\p{N}{1,3}";
    private static final String HAN_AND_KANA = "[一-龥぀-ゟ゠-ヿ]+";
    private static final String DEEPSEEK3 =
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                    + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String DEEPSEEK_LETTERS =
            "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫ"
                    + "ᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩ"
                    + "ℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ"
                    + "𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";
    private static final String DEEPSEEK_HAN = "[一-龥ࠀ-一가-퟿]+";

    private static final List<String> GPT4 = List.of(LLAMA3);
    private static final List<String> DIGITS_THEN_GPT2 = List.of("\\p{N}", GPT2);

    /// A family's expressions, and what its tokenizers do when the file does not say.
    ///
    /// @param wholeWords whether a word that is a token is that token, whatever the merges say
    /// @param begins whether a beginning-of-text token is put in front
    /// @param composed whether text is brought into the form NFC first
    record Family(List<String> expressions, boolean wholeWords, boolean begins, boolean composed) {
        Family(List<String> expressions) {
            this(expressions, false, false, false);
        }

        Family(String expression) {
            this(List.of(expression));
        }
    }

    private static final Family LLAMA3_FAMILY = new Family(GPT4, true, true, false);
    private static final Family GPT2_FAMILY = new Family(GPT2);
    private static final Family STARCODER = new Family(DIGITS_THEN_GPT2);
    private static final Family QWEN2_FAMILY = new Family(QWEN2);
    private static final Family QWEN2_COMPOSED = new Family(List.of(QWEN2), false, false, true);
    private static final Family DEEPSEEK3_FAMILY =
            new Family(List.of(NUMBERS_OF_3, HAN_AND_KANA, DEEPSEEK3));
    private static final Family COHERE2 = new Family(List.of("\\d{1,3}(?=(?:\\d{3})*\\b)", O200K));

    private static final Map<String, Family> BY_NAME =
            Map.ofEntries(
                    Map.entry("gpt-2", GPT2_FAMILY),
                    Map.entry("gpt2", GPT2_FAMILY),
                    Map.entry("phi-2", GPT2_FAMILY),
                    Map.entry("olmo", GPT2_FAMILY),
                    Map.entry("mpt", GPT2_FAMILY),
                    Map.entry("jais", GPT2_FAMILY),
                    Map.entry("modern-bert", GPT2_FAMILY),
                    Map.entry("exaone4", GPT2_FAMILY),
                    Map.entry("roberta-bpe", GPT2_FAMILY),
                    Map.entry("jina-v2-code", GPT2_FAMILY),
                    Map.entry("starcoder", STARCODER),
                    Map.entry("refact", STARCODER),
                    Map.entry("command-r", STARCODER),
                    Map.entry("smollm", STARCODER),
                    Map.entry("codeshell", STARCODER),
                    Map.entry("exaone", STARCODER),
                    Map.entry("minerva-7b", STARCODER),
                    Map.entry("llama3", LLAMA3_FAMILY),
                    Map.entry("llama-v3", LLAMA3_FAMILY),
                    Map.entry("llama-bpe", LLAMA3_FAMILY),
                    Map.entry("falcon3", LLAMA3_FAMILY),
                    Map.entry("falcon-h1", LLAMA3_FAMILY),
                    Map.entry("pixtral", LLAMA3_FAMILY),
                    Map.entry("lfm2", LLAMA3_FAMILY),
                    Map.entry("dbrx", new Family(GPT4)),
                    Map.entry("smaug-bpe", new Family(GPT4)),
                    Map.entry("glm4", new Family(GPT4)),
                    Map.entry("chatglm-bpe", new Family(GPT4)),
                    Map.entry("stablelm2", QWEN2_FAMILY),
                    Map.entry("qwen2", QWEN2_COMPOSED),
                    Map.entry("deepseek-r1-qwen", QWEN2_FAMILY),
                    Map.entry("megrez", QWEN2_FAMILY),
                    Map.entry("hunyuan", QWEN2_FAMILY),
                    Map.entry("grok-2", QWEN2_FAMILY),
                    Map.entry("solar-open", QWEN2_FAMILY),
                    Map.entry("qwen35", new Family(List.of(QWEN35), false, false, true)),
                    Map.entry("tekken", new Family(List.of(TEKKEN), true, true, false)),
                    Map.entry("gpt-4o", new Family(O200K)),
                    Map.entry("llama4", new Family(O200K)),
                    Map.entry("kanana2", new Family(O200K)),
                    Map.entry("minimax-m2", new Family(O200K)),
                    Map.entry("tiny_aya", COHERE2),
                    Map.entry("cohere2moe", COHERE2),
                    Map.entry("deepseek-v3", DEEPSEEK3_FAMILY),
                    Map.entry("hunyuan-dense", DEEPSEEK3_FAMILY),
                    Map.entry(
                            "deepseek-coder",
                            new Family(
                                    List.of(
                                            "[\\r\\n]",
                                            "\\s?\\p{L}+",
                                            "\\s?\\p{P}+",
                                            DEEPSEEK_HAN,
                                            "\\p{N}"))),
                    Map.entry(
                            "deepseek-llm",
                            new Family(
                                    List.of(
                                            "[\\r\\n]",
                                            DEEPSEEK_LETTERS,
                                            "\\s?[!-/:-~！-／：-～‘-‟　-。]+",
                                            "\\s+$",
                                            DEEPSEEK_HAN,
                                            "\\p{N}+"))),
                    Map.entry(
                            "falcon",
                            new Family(List.of("[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"))),
                    Map.entry(
                            "seed-coder",
                            new Family(
                                    CONTRACTION
                                            + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}"
                                            + "| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+"
                                            + "|\\s+(?!\\S)|\\s+")),
                    Map.entry(
                            "bailingmoe",
                            new Family(
                                    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}"
                                            + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]"
                                            + "|\\s+(?!\\S)|\\s+")));

    private Families() {}

    static Optional<Family> byName(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    static List<String> names() {
        return BY_NAME.keySet().stream().sorted().toList();
    }
}
