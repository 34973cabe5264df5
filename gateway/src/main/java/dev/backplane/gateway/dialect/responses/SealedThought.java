package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/// What a provider wants back with a thought, as the `encrypted_content` of an item: `bp1.` and
/// base64 of a JSON object. The parts are the provider's own, sealed by it; nothing is sealed here.
///
/// @param signature see `Part.Reasoning`
/// @param redacted see `Part.Reasoning`
record SealedThought(String signature, String redacted) {
    private static final String PREFIX = "bp1.";

    String text() {
        Slice json =
                new JsonOut()
                        .beginObject()
                        .name("signature")
                        .text(signature)
                        .name("redacted")
                        .text(redacted)
                        .endObject()
                        .slice();
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(json.bytes());
    }

    /// Empty for a text that another service sealed.
    static Optional<SealedThought> parse(String text) {
        if (!text.startsWith(PREFIX)) {
            return Optional.empty();
        }
        String[] parts = {"", ""};
        try {
            byte[] json =
                    Base64.getUrlDecoder()
                            .decode(
                                    text.substring(PREFIX.length())
                                            .getBytes(StandardCharsets.US_ASCII));
            JsonCursor.read(
                    Slice.of(json),
                    "encrypted_content",
                    cursor -> {
                        cursor.object(name -> {
                            switch (name) {
                                case "signature" -> parts[0] = cursor.text();
                                case "redacted" -> parts[1] = cursor.text();
                                default -> cursor.skip();
                            }
                        });
                        return parts;
                    });
        } catch (IllegalArgumentException | Problem damaged) {
            throw Problem.invalid("encrypted_content is damaged", "input")
                    .fix("send reasoning items back as they came")
                    .causedBy(damaged);
        }
        return Optional.of(new SealedThought(parts[0], parts[1]));
    }
}
