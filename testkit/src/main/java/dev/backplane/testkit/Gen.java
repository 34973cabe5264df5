package dev.backplane.testkit;

import dev.backplane.core.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import tools.jackson.core.JsonGenerator;

/// Random input for property tests. Every value is a function of the generator given, so one seed
/// repeats a whole case:
///
/// ```java
/// Gen.check(200, random -> {
///     String text = Gen.string(random, 50);
///     assertThat(decode(encode(text))).isEqualTo(text);
/// });
/// ```
///
/// Values are not uniform: edges (empty, smallest, largest, malformed) come often, because that is
/// where defects are.
public final class Gen {
    private static final RandomGeneratorFactory<RandomGenerator> ALGORITHM =
            RandomGeneratorFactory.of("L64X128MixRandom");

    private static final long[] EDGES = {
        0, 1, -1, 127, 128, 255, 256, 65535, 65536, 1L << 53, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private static final String[] WORDS = {
        "refund",
        "basic economy",
        "the",
        "tool",
        "flight",
        "ärger",
        "naïve",
        "北京",
        "запрос",
        "مرحبا",
        "हिन्दी",
        "\"quoted\"",
        "back\\slash",
        "tab\there",
        "line\nbreak",
        "🛫",
        "👩‍👩‍👧",
        "e\u0301",
        "%s",
        "{}",
        "--",
        "';",
        "<b>",
        "\u2028"
    };

    private Gen() {}

    /// A property: gets a fresh generator, throws to say that it does not hold.
    public interface Property {
        void check(RandomGenerator random) throws Exception;
    }

    /// Runs the property `times` times, each with its own seed, new ones on every run. With
    /// `-Dseed=N` it runs once, with that seed.
    ///
    /// @throws AssertionError when the property fails; the message names the seed
    public static void check(int times, Property property) {
        String chosen = System.getProperty("seed", "");
        if (!chosen.isEmpty()) {
            checkSeed(Long.parseLong(chosen), property);
            return;
        }
        RandomGenerator seeds = ALGORITHM.create();
        for (int i = 0; i < times; i++) {
            checkSeed(seeds.nextLong(), property);
        }
    }

    private static void checkSeed(long seed, Property property) {
        try {
            property.check(random(seed));
        } catch (Exception | AssertionError | StackOverflowError failure) {
            String message =
                    failure.getMessage() == null ? failure.toString() : failure.getMessage();
            throw new AssertionError(
                    "fails with seed " + seed + " (again: -Dseed=" + seed + "): " + message,
                    failure);
        }
    }

    /// The generator of this seed, the same on every machine.
    public static RandomGenerator random(long seed) {
        return ALGORITHM.create(seed);
    }

    /// A whole number from `low` to `high`, both included, the bounds more often than the rest.
    public static int integer(RandomGenerator random, int low, int high) {
        return (int) integer(random, (long) low, high);
    }

    /// A whole number from `low` to `high`, both included, the bounds more often than the rest.
    public static long integer(RandomGenerator random, long low, long high) {
        return switch (random.nextInt(10)) {
            case 0 -> low;
            case 1 -> high;
            default -> high == Long.MAX_VALUE ? wide(random, low) : random.nextLong(low, high + 1);
        };
    }

    private static long wide(RandomGenerator random, long low) {
        return low == Long.MIN_VALUE
                ? random.nextLong()
                : random.nextLong(low - 1, Long.MAX_VALUE) + 1;
    }

    /// Any long: an edge, or one of a random number of bits.
    public static long anyLong(RandomGenerator random) {
        if (random.nextInt(4) == 0) {
            return EDGES[random.nextInt(EDGES.length)];
        }
        long magnitude = random.nextLong() >>> random.nextInt(64);
        return random.nextBoolean() ? magnitude : -magnitude;
    }

    /// Any finite double, whole ones and tiny ones included.
    public static double real(RandomGenerator random) {
        return switch (random.nextInt(6)) {
            case 0 -> 0.0;
            case 1 -> -0.0;
            case 2 -> random.nextInt(1000);
            case 3 -> Double.MIN_VALUE;
            case 4 -> random.nextGaussian() * 1e6;
            default -> random.nextDouble();
        };
    }

    public static byte[] bytes(RandomGenerator random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /// The bytes after one to four accidents: a bit flipped, a byte made small, the rest cut off,
    /// bytes put in.
    public static byte[] damaged(RandomGenerator random, byte[] whole) {
        byte[] bytes = whole.clone();
        for (int i = integer(random, 1, 4); i > 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) integer(random, -4, 4);
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                default -> {
                    byte[] more = bytes(random, integer(random, 1, 12));
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + more.length);
                    System.arraycopy(more, 0, longer, at, more.length);
                    System.arraycopy(bytes, at, longer, at + more.length, bytes.length - at);
                    bytes = longer;
                }
            }
        }
        return bytes;
    }

    @SafeVarargs
    public static <T> T pick(RandomGenerator random, T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    public static <T> T pick(RandomGenerator random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /// True once in `times`.
    public static boolean oneIn(RandomGenerator random, int times) {
        return random.nextInt(times) == 0;
    }

    /// 0 to `sizeMax` elements.
    public static <T> List<T> list(
            RandomGenerator random, int sizeMax, Function<RandomGenerator, T> element) {
        int size = integer(random, 0, sizeMax);
        List<T> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            list.add(element.apply(random));
        }
        return list;
    }

    /// Text of `[a-z0-9]`, `lengthMin` to `lengthMax` characters.
    public static String identifier(RandomGenerator random, int lengthMin, int lengthMax) {
        int length = integer(random, lengthMin, lengthMax);
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append("abcdefghijklmnopqrstuvwxyz0123456789".charAt(random.nextInt(36)));
        }
        return text.toString();
    }

    /// Words of several scripts, of about `lengthMax` characters at most.
    public static String prose(RandomGenerator random, int lengthMax) {
        int length = integer(random, 0, lengthMax);
        StringBuilder text = new StringBuilder(length + 16);
        while (text.length() < length) {
            text.append(oneIn(random, 3) ? pick(random, WORDS) : identifier(random, 1, 9));
            text.append(' ');
        }
        return text.toString();
    }

    /// Text of up to `lengthMax` chars that may hold anything a Java string can: NUL, control
    /// characters, combining marks, emoji, lone surrogates, non-characters.
    public static String string(RandomGenerator random, int lengthMax) {
        int length = integer(random, 0, lengthMax);
        StringBuilder text = new StringBuilder(length + 1);
        int flavour = random.nextInt(4);
        while (text.length() < length) {
            text.appendCodePoint(
                    switch (flavour) {
                        case 0 -> random.nextInt(' ', 0x7F);
                        case 1 -> codePoint(random);
                        case 2 -> oneIn(random, 10) ? codePoint(random) : random.nextInt('a', '{');
                        default -> random.nextInt(0x110000);
                    });
        }
        text.setLength(length);
        return text.toString();
    }

    private static int codePoint(RandomGenerator random) {
        return switch (random.nextInt(9)) {
            case 0 -> random.nextInt(0x20);
            case 1 -> random.nextInt(0xD800, 0xDC00);
            case 2 -> random.nextInt(0xDC00, 0xE000);
            case 3 -> random.nextInt(0x300, 0x370);
            case 4 -> random.nextInt(0x1F300, 0x1FA00);
            case 5 ->
                    pick(
                            random, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0xFFFE, 0xFFFF, 0x10FFFF,
                            0xFEFF);
            case 6 -> random.nextInt(0x4E00, 0x9FFF);
            case 7 -> pick(random, (int) '"', (int) '\\', (int) '/', 0x2028, 0x2029, 0x85, 0xA0);
            default -> random.nextInt(0x80, 0x800);
        };
    }

    /// A JSON text of any kind, nested at most `depth` levels. Keys of an object are distinct
    /// unless chance makes them equal (about never); numbers have many digits at times.
    public static String json(RandomGenerator random, int depth) {
        return writeJson(generator -> value(random, depth, generator));
    }

    /// A JSON object, nested at most `depth` levels.
    public static String jsonObject(RandomGenerator random, int depth) {
        return writeJson(generator -> object(random, depth, generator));
    }

    /// JSON as it can stand on the wire: lone surrogates are escaped, since UTF-8 has none.
    static String writeJson(Consumer<JsonGenerator> body) {
        String raw = Json.write(body);
        StringBuilder text = new StringBuilder(raw.length());
        raw.codePoints()
                .forEach(point -> {
                    if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                        text.append("\\u%04x".formatted(point));
                    } else {
                        text.appendCodePoint(point);
                    }
                });
        return text.toString();
    }

    private static void value(RandomGenerator random, int depth, JsonGenerator generator) {
        switch (random.nextInt(depth > 0 ? 9 : 6)) {
            case 0 -> generator.writeNull();
            case 1 -> generator.writeBoolean(random.nextBoolean());
            case 2 -> generator.writeNumber(anyLong(random));
            case 3 -> generator.writeNumber(real(random));
            case 4 -> generator.writeString(prose(random, 60));
            case 5 -> generator.writeString(string(random, 30));
            case 6 -> {
                generator.writeStartArray();
                for (int i = integer(random, 0, 5); i > 0; i--) {
                    value(random, depth - 1, generator);
                }
                generator.writeEndArray();
            }
            default -> object(random, depth, generator);
        }
    }

    /// Without lone surrogates: Jackson takes them in values only.
    private static String name(RandomGenerator random) {
        return oneIn(random, 5)
                ? string(random, 8).replaceAll("\\p{Cs}", "\uFFFD")
                : identifier(random, 1, 8);
    }

    private static void object(RandomGenerator random, int depth, JsonGenerator generator) {
        generator.writeStartObject();
        for (int i = integer(random, 0, 5); i > 0; i--) {
            generator.writeName(i + name(random));
            value(random, depth - 1, generator);
        }
        generator.writeEndObject();
    }
}
