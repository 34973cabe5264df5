package dev.backplane.text.tokenizer;

import java.text.Normalizer.Form;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/// What happens to text before it is cut. Source of the semantics: the normalizers of Hugging
/// Face's `tokenizers` (tokenizers/src/normalizers).
sealed interface Normalizer {
    String normalize(String text);

    Normalizer NONE = new Sequence(List.of());

    record Sequence(List<Normalizer> steps) implements Normalizer {
        public Sequence {
            steps = List.copyOf(steps);
        }

        @Override
        public String normalize(String text) {
            String result = text;
            for (Normalizer step : steps) {
                result = step.normalize(result);
            }
            return result;
        }
    }

    /// NFC, NFD, NFKC or NFKD.
    record Composition(Form form) implements Normalizer {
        @Override
        public String normalize(String text) {
            return java.text.Normalizer.isNormalized(text, form)
                    ? text
                    : java.text.Normalizer.normalize(text, form);
        }
    }

    record Lowercase() implements Normalizer {
        /// Character by character: a sigma at the end of a word gets no other form.
        @Override
        public String normalize(String text) {
            StringBuilder lower = new StringBuilder(text.length());
            text.codePoints()
                    .forEach(point -> {
                        if (point < 0x80) {
                            lower.append((char) Character.toLowerCase(point));
                        } else {
                            lower.append(Character.toString(point).toLowerCase(Locale.ROOT));
                        }
                    });
            return lower.toString();
        }
    }

    record StripAccents() implements Normalizer {
        @Override
        public String normalize(String text) {
            return without(text, Unicode::isMark);
        }
    }

    record Prepend(String prefix) implements Normalizer {
        @Override
        public String normalize(String text) {
            return text.isEmpty() ? text : prefix + text;
        }
    }

    record Strip(boolean left, boolean right) implements Normalizer {
        @Override
        public String normalize(String text) {
            int from = 0;
            int to = text.length();
            while (left && from < to && Unicode.isWhiteSpace(text.charAt(from))) {
                from++;
            }
            while (right && to > from && Unicode.isWhiteSpace(text.charAt(to - 1))) {
                to--;
            }
            return text.substring(from, to);
        }
    }

    record Replace(SplitPattern pattern, String content) implements Normalizer {
        @Override
        public String normalize(String text) {
            return pattern.replaceAll(text, content);
        }
    }

    /// The normalisation that belongs to SentencePiece's `nmt_nfkc`, without the NFKC.
    record Nmt() implements Normalizer {
        @Override
        public String normalize(String text) {
            StringBuilder result = new StringBuilder(text.length());
            text.codePoints()
                    .filter(point -> !isDropped(point))
                    .forEach(point -> result.appendCodePoint(isSpace(point) ? ' ' : point));
            return result.toString();
        }

        private static boolean isDropped(int point) {
            return point >= 1 && point <= 8
                    || point == 0x0B
                    || point >= 0x0E && point <= 0x1F
                    || point == 0x7F
                    || point == 0x8F
                    || point == 0x9F;
        }

        private static boolean isSpace(int point) {
            return switch (point) {
                case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> true;
                default -> point >= 0x200B && point <= 0x200F;
            };
        }
    }

    record Bert(boolean clean, boolean ideographs, boolean stripAccents, boolean lowercase)
            implements Normalizer {
        @Override
        public String normalize(String text) {
            String result = text;
            if (clean) {
                result = cleaned(result);
            }
            if (ideographs) {
                result = spaced(result);
            }
            if (stripAccents) {
                result =
                        without(
                                java.text.Normalizer.normalize(result, Form.NFD),
                                point -> Character.getType(point) == Character.NON_SPACING_MARK);
            }
            return lowercase ? new Lowercase().normalize(result) : result;
        }

        private static String cleaned(String text) {
            StringBuilder result = new StringBuilder(text.length());
            text.codePoints()
                    .forEach(point -> {
                        if (Unicode.isWhiteSpace(point)) {
                            // Vertical tab, form feed and next line are controls, not spaces.
                            if (!Unicode.isOther(point) || "\t\n\r".indexOf(point) >= 0) {
                                result.append(' ');
                            }
                        } else if (point != 0xFFFD && !Unicode.isOther(point)) {
                            result.appendCodePoint(point);
                        }
                    });
            return result.toString();
        }

        private static String spaced(String text) {
            if (text.codePoints().noneMatch(Unicode::isIdeograph)) {
                return text;
            }
            StringBuilder result = new StringBuilder(text.length());
            text.codePoints()
                    .forEach(point -> {
                        if (Unicode.isIdeograph(point)) {
                            result.append(' ').appendCodePoint(point).append(' ');
                        } else {
                            result.appendCodePoint(point);
                        }
                    });
            return result.toString();
        }
    }

    /// SentencePiece's own table.
    record Precompiled(CharsMap map) implements Normalizer {
        @Override
        public String normalize(String text) {
            return map.apply(text);
        }
    }

    private static String without(String text, IntPredicate dropped) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().filter(dropped.negate()).forEach(result::appendCodePoint);
        return result.toString();
    }
}
