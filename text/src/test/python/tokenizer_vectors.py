"""Writes the parity vectors of TokenizerParityTest and UnicodeParityTest.

The references are Hugging Face's tokenizers and Google's sentencepiece:

    python3 -m venv venv
    venv/bin/pip install tokenizers==0.22.2 sentencepiece==0.2.3 protobuf==7.36.2
    venv/bin/python tokenizer_vectors.py ../resources/dev/backplane/text/tokenizer
    venv/bin/python tokenizer_vectors.py --published FOLDER   # see the function

Small tokenizers of each kind are trained on the text below; each is written as the library writes
it, beside what it makes of a list of texts. The pre-tokenizers are those of the families' own
tokenizer.json files. Everything follows from one seed.
"""
import gzip, io, json, os, random, sys, tempfile
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

OUT = sys.argv[1]
CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
FAMILIES = {
    "gpt-2": [r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"],
    "llama-bpe": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                  r"|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "qwen2": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
              r"|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "qwen35": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
               r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "gpt-4o": [r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + "+" + CONTRACTION + "?"
               r"|[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*" + CONTRACTION + "?"
               r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "tekken": [r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + "+"
               r"|[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*"
               r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "deepseek-v3": [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
                    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
                    r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+"
                    r"|\s+(?!\S)|\s+"],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-\ud7ff]+", r"\p{N}"],
    "command-r": [r"\p{N}", r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
                  r"|\s+(?!\S)|\s+"],
    "cohere2moe": [r"\d{1,3}(?=(?:\d{3})*\b)",
                   r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + "+" + CONTRACTION + "?"
                   r"|[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*" + CONTRACTION + "?"
                   r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "bailingmoe": [r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}"
                   r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"],
    "seed-coder": [CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+"
                   r"|\s*[\r\n]+|\s+(?!\S)|\s+"],
}

CORPUS = [
    "The model reads a conversation and answers; the answer is stored once.",
    "She said that they'll see what he's done, and that we've no reason to worry.",
    "A tool was called with the arguments {\"city\": \"Paris\", \"days\": 3} and it failed.",
    "for (int index = 0; index < values.length; index++) { total += values[index]; }",
    "def answer(question):\n    return model.generate(question, temperature=0.7)\n",
    "Der Zug fährt um 12:45 Uhr über Köln nach Zürich; er hält nicht in Düsseldorf.",
    "Les élèves étaient déjà là lorsque l'été a commencé à réchauffer la forêt.",
    "Модель читает разговор и отвечает на вопрос, а ответ сохраняется один раз.",
    "模型读取对话并回答问题,答案只保存一次。今天的天气很好,我们去公园。",
    "モデルは会話を読み、質問に答えます。答えは一度だけ保存されます。",
    "모델은 대화를 읽고 질문에 답합니다. 오늘은 날씨가 좋습니다.",
    "النموذج يقرأ المحادثة ويجيب عن السؤال. الطقس جميل اليوم.",
    "मॉडल बातचीत पढ़ता है और प्रश्न का उत्तर देता है।",
    "SELECT name, COUNT(*) FROM spans WHERE kind = 'MODEL' GROUP BY name ORDER BY 2 DESC;",
    "In 1969 two men walked 384,400 km away; 1234567890 is a number with ten digits.",
    "Smile 😀 family 👨‍👩‍👧 flag 🇩🇪 café naïve coöperate fiancée.",
]

TEXTS = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", "\r\n", "\t", " \t \n  x", "a", " a", "  a", "a ",
    "a  ", "Hello world", "Hello, world!", "  Hello   world  ", "I'm you're he'll we've it's don't I'd",
    "I'M YOU'RE HE'LL WE'VE IT'S DON'T I'D", "it'\u017f", "'ſ'S", "'", "''s", "1", "12", "123", "1234",
    "12345678901", "1,234,567.89", "x1y22z333", "٣٤٥ ۱۲۳ ⅷ ½ ²", "1e-5", "CamelCase HTTPServer parseJSON",
    "snake_case_name", "a.b.c(d)[e]{f}", "!!!???...", "-->", "</div>\n", "//\n", "foo/\n/bar", "#include <x>\n\n\n",
    "if (a) {\n\treturn b;\n}\n\n", "    indented\n        more", "a\u00a0b", "a\u3000b", "a\u2003\u2003b",
    "a\u200bb", "a\u0085b", "a\u2028b", "zero\u0000byte", "\u001f\u001e", "e\u0301 é", "a\u0301\u0315\u0300",
    "Å Å Å", "ﬁ ﬀ ﬆ", "İstanbul ıI", "ΣΑΣ ς σ", "ǅ ǲ", "ʰʷ", "ªº", "日本語テスト", "カタカナーひらがな",
    "中文English混合123", "한국어 테스트", "עברית", "हिन्दी में", "ไทยไม่มีช่องว่าง", "🙂", "🙂🙂", " 🙂", "👩‍👩‍👧‍👦!",
    "🇩🇪🇫🇷", "☺️", "a🙂b", "\ud7ff\ue000", "\ufffd", "\ufeffbom", "\U0010ffff", "𝒳𝓎𝟙", "😀" * 5,
    "<s>", "</s>", "<|end|>", "a<|end|>b", " <|end|> ", "<|end|><|end|>", "<|end", "[MASK]", " [MASK] x",
    "x[MASK]", "word", "aword word wordy", "▁", "a▁b", " ▁ ", "<0x41>", "\\n", "\"quoted\" text", "%s %d",
    "www.example.org/path?q=1&r=2#x", "user@example.org", "C++ C# .NET", "$100 €5 £3 ¥9", "≤ ≥ ≠ ∑ ∫",
    "supercalifragilisticexpialidocious", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "the the the the the the the the the the the the the the the the the the",
    "don\u2019t", "x\u0301\u0302\u0303", "\u0301", " \u0301a", "a\u20ddb", "١٢٣٤٥", "12 345 6789", "1\u00a0000",
]


def random_texts(count):
    source = random.Random(20261126)
    alphabets = ["abcXYZ", " \n\t\r", "0123456789", "'\"!?.,;:-/()", "éüßñ", "жпБЮ", "中文字日", "ひカー", "한글",
                 "\u0301\u0302\u200d", "🙂🚀", "\u00a0\u3000\u2028\u0085", "ﬁ½²ⅷ", "ǅʰª", "अनि", "'sS'tT"]
    texts = []
    for _ in range(count):
        chosen = source.sample(alphabets, source.randint(1, 5))
        texts.append("".join(source.choice(source.choice(chosen)) for _ in range(source.randint(1, 40))))
    return texts


ALL_TEXTS = TEXTS + random_texts(150)


def write(name, value):
    data = io.BytesIO()
    with gzip.GzipFile(fileobj=data, mode="wb", mtime=0) as out:
        out.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode())
    with open(os.path.join(OUT, name + ".json.gz"), "wb") as out:
        out.write(data.getvalue())
    print(name, len(data.getvalue()))


def vectors(tokenizer, texts=ALL_TEXTS, add_special=True):
    cases = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=add_special).ids
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    return cases


def save(name, tokenizer, pairs=()):
    write(name, {
        "tokenizer": json.loads(tokenizer.to_str()),
        "corpus": CORPUS,
        "cases": vectors(tokenizer),
        "pairs": [{"first": a, "second": b, "ids": e.ids, "segments": e.type_ids}
                  for a, b in pairs for e in [tokenizer.encode(a, b)]],
    })


def splits(expressions):
    return [pre_tokenizers.Split(Regex(expression), "isolated") for expression in expressions]


def byte_level(family):
    tokenizer = Tokenizer(models.BPE(ignore_merges=family in ("llama-bpe", "tekken")))
    if family.startswith("qwen"):
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        splits(FAMILIES[family]) + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=520, min_frequency=2, special_tokens=["<s>", "</s>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def byte_level_families():
    for family in FAMILIES:
        save("family-" + family, byte_level(family))


def gpt2_like():
    """ByteLevel with its own expression, a space in front, added tokens of every flag."""
    tokenizer = byte_level("gpt-2")
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    tokenizer.add_tokens([AddedToken("word", single_word=True, normalized=False),
                          AddedToken("the the", normalized=True)])
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True, rstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B:1 </s>:1",
        special_tokens=[("<s>", 0), ("</s>", 1)])
    save("byte-level-added", tokenizer, [("one", "two"), ("", "x")])


def llama2_like():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    specials = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % i for i in range(256)]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=700, special_tokens=specials, show_progress=False, max_token_length=12))
    described = json.loads(tokenizer.to_str())
    described["added_tokens"] = [t for t in described["added_tokens"] if t["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(described))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(),
                                           decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    save("llama2-like", tokenizer)
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    save("gemma-like", tokenizer)
    tokenizer.normalizer = normalizers.Sequence([])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(),
                                           decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    save("mistral-like", tokenizer)


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(),
                                                 normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=400, unk_token="<unk>", special_tokens=["<unk>", "</s>"], show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    save("unigram", tokenizer)


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=40))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    save("word-piece", tokenizer, [("the question", "the answer"), ("a", "")])


def pre_tokenizer_kinds():
    """The other pre-tokenizers and behaviours, as the words they cut."""
    kinds = {}
    for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
        kinds["split-" + behavior] = pre_tokenizers.Split(Regex("[aeiou ]"), behavior)
        kinds["split-inverted-" + behavior] = pre_tokenizers.Split(Regex("[aeiou ]"), behavior, invert=True)
        kinds["punctuation-" + behavior] = pre_tokenizers.Punctuation(behavior)
    kinds["whitespace"] = pre_tokenizers.Whitespace()
    kinds["whitespace-split"] = pre_tokenizers.WhitespaceSplit()
    kinds["digits"] = pre_tokenizers.Digits(False)
    kinds["digits-each"] = pre_tokenizers.Digits(True)
    kinds["bert"] = pre_tokenizers.BertPreTokenizer()
    kinds["delimiter"] = pre_tokenizers.CharDelimiterSplit("a")
    kinds["metaspace-always"] = pre_tokenizers.Metaspace("▁", "always")
    kinds["metaspace-first"] = pre_tokenizers.Metaspace("▁", "first")
    kinds["metaspace-never"] = pre_tokenizers.Metaspace("▁", "never")
    kinds["repeated-interval"] = pre_tokenizers.Split(Regex(r"\p{N}{1,3}+|[[:alpha:]]{2}|\h"), "isolated")
    result = {}
    for name, kind in kinds.items():
        host = Tokenizer(models.BPE())
        host.pre_tokenizer = kind
        result[name] = {
            "pre_tokenizer": json.loads(host.to_str())["pre_tokenizer"],
            "words": [[word for word, _ in kind.pre_tokenize_str(text)] for text in ALL_TEXTS],
        }
    write("pre-tokenizers", {"texts": ALL_TEXTS, "kinds": result})


def normalizer_kinds():
    kinds = {
        "nfc": normalizers.NFC(), "nfd": normalizers.NFD(), "nfkc": normalizers.NFKC(),
        "nfkd": normalizers.NFKD(), "lowercase": normalizers.Lowercase(), "strip": normalizers.Strip(),
        "strip-accents": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
        "nmt": normalizers.Nmt(), "prepend": normalizers.Prepend("▁"),
        "replace": normalizers.Replace(Regex("[ab]+"), "<$1>"),
        "bert-cased": normalizers.BertNormalizer(lowercase=False),
        "bert-accents": normalizers.BertNormalizer(strip_accents=False),
    }
    result = {}
    for name, kind in kinds.items():
        host = Tokenizer(models.BPE())
        host.normalizer = kind
        result[name] = {"normalizer": json.loads(host.to_str())["normalizer"],
                        "results": [kind.normalize_str(text) for text in ALL_TEXTS]}
    write("normalizers", {"texts": ALL_TEXTS, "kinds": result})


def sentence_piece(kind, **options):
    """A model of sentencepiece with the keys that a GGUF file has of it."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = os.path.join(folder, "corpus.txt")
        with open(corpus, "w") as out:
            out.write("\n".join(line.replace("\n", " ") for line in CORPUS * 3))
        sentencepiece.SentencePieceTrainer.train(
            input=corpus, model_prefix=os.path.join(folder, "m"), model_type=kind, vocab_size=560,
            byte_fallback=True, hard_vocab_limit=False, minloglevel=2, num_threads=1, **options)
        processor = sentencepiece.SentencePieceProcessor(model_file=os.path.join(folder, "m.model"))
        proto = sentencepiece_model_pb2.ModelProto()
        with open(os.path.join(folder, "m.model"), "rb") as data:
            proto.ParseFromString(data.read())
    keys = {
        "tokenizer.ggml.model": "llama" if kind == "bpe" else "t5",
        "tokenizer.ggml.tokens": [piece.piece for piece in proto.pieces],
        "tokenizer.ggml.scores": [piece.score for piece in proto.pieces],
        "tokenizer.ggml.token_type": [int(piece.type) for piece in proto.pieces],
        "tokenizer.ggml.unknown_token_id": processor.unk_id(),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.add_space_prefix": proto.normalizer_spec.add_dummy_prefix,
    }
    if kind == "unigram":
        keys["tokenizer.ggml.precompiled_charsmap"] = list(proto.normalizer_spec.precompiled_charsmap)
        keys["tokenizer.ggml.remove_extra_whitespaces"] = proto.normalizer_spec.remove_extra_whitespaces
    cases = []
    for text in ALL_TEXTS:
        # sentencepiece drops NUL, and what stands for a space in its vocabulary is one to it.
        if "\0" in text or "▁" in text or (kind == "bpe" and text == ""):
            continue
        ids = processor.encode(text)
        cases.append({"text": text, "ids": ids, "decoded": processor.decode(ids)})
    return {"keys": keys, "cases": cases}


def unicode_classes():
    """How each code point is cut in two surroundings, as runs of equal cuts."""
    cut = {name: pre_tokenizers.Sequence(splits(FAMILIES[name])) for name in
           ["gpt-2", "qwen35", "gpt-4o", "deepseek-v3"]}
    cut["word"] = pre_tokenizers.Split(Regex(r"\w+|[^\w\s]+"), "isolated")
    cut["unassigned"] = pre_tokenizers.Split(Regex(r"\p{Cn}"), "isolated")
    result = {}
    for name, kind in cut.items():
        runs = []
        for point in range(0x110000):
            if 0xD800 <= point < 0xE000:
                continue
            character = chr(point)
            signature = [bounds for _, bounds in kind.pre_tokenize_str("a%sb%s%s \n" % ((character,) * 3))]
            signature = [list(bounds) for bounds in signature]
            if not runs or runs[-1][1] != signature:
                runs.append([point, signature])
        result[name] = runs
    return {"runs": result, "expressions": {name: FAMILIES.get(name, []) for name in cut}}


def published(folder):
    """Beside each tokenizer.json below the folder, what the library makes of more text: for
    PublishedTokenizersTest, which runs when it is told the folder."""
    here = os.path.dirname(os.path.abspath(__file__))
    texts = ALL_TEXTS + random_texts(3000)
    for root, _, names in os.walk(os.path.join(here, "../../../..")):
        for name in sorted(names):
            if name.endswith((".md", ".java")) and "/target/" not in root:
                with open(os.path.join(root, name), encoding="utf-8") as source:
                    text = source.read()
                texts += [text[at:at + 3000] for at in range(0, len(text), 30000)]
    for root, _, names in sorted(os.walk(folder)):
        if "tokenizer.json" in names:
            tokenizer = Tokenizer.from_file(os.path.join(root, "tokenizer.json"))
            with open(os.path.join(root, "expected.json"), "w") as out:
                json.dump({"cases": vectors(tokenizer, texts)}, out)
            print(root, len(texts))


if __name__ == "__main__":
    if OUT == "--published":
        published(sys.argv[2])
        sys.exit()
    os.makedirs(OUT, exist_ok=True)
    byte_level_families()
    gpt2_like()
    llama2_like()
    unigram()
    word_piece()
    pre_tokenizer_kinds()
    normalizer_kinds()
    write("sentencepiece-bpe", sentence_piece("bpe", normalization_rule_name="identity",
                                              remove_extra_whitespaces=False))
    write("sentencepiece-unigram", sentence_piece("unigram"))
    write("unicode", unicode_classes())
