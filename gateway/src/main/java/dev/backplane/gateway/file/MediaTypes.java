package dev.backplane.gateway.file;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/// What kind of bytes a file holds: nobody says so when uploading it, and providers want to know.
/// The bytes are asked first, because names are often wrong.
final class MediaTypes {
    private static final Map<String, String> BY_ENDING =
            Map.ofEntries(
                    Map.entry("csv", "text/csv"),
                    Map.entry("htm", "text/html"),
                    Map.entry("html", "text/html"),
                    Map.entry("json", "application/json"),
                    Map.entry("md", "text/markdown"),
                    Map.entry("xml", "application/xml"),
                    Map.entry("doc", "application/msword"),
                    Map.entry(
                            "docx",
                            "application/vnd.openxmlformats-officedocument"
                                    + ".wordprocessingml.document"),
                    Map.entry(
                            "pptx",
                            "application/vnd.openxmlformats-officedocument"
                                    + ".presentationml.presentation"),
                    Map.entry(
                            "xlsx",
                            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));

    private MediaTypes() {}

    static String of(String filename, byte[] bytes) {
        if (begins(bytes, 0, "%PDF-")) {
            return "application/pdf";
        }
        if (begins(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
            return "image/png";
        }
        if (begins(bytes, 0, "\u00ff\u00d8\u00ff")) {
            return "image/jpeg";
        }
        if (begins(bytes, 0, "GIF87a") || begins(bytes, 0, "GIF89a")) {
            return "image/gif";
        }
        if (begins(bytes, 0, "RIFF") && begins(bytes, 8, "WEBP")) {
            return "image/webp";
        }
        String ending = filename.substring(filename.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        String named = BY_ENDING.get(ending);
        if (named != null) {
            return named;
        }
        return isText(bytes) ? "text/plain" : "application/octet-stream";
    }

    /// @param start with a character for each byte
    private static boolean begins(byte[] bytes, int at, String start) {
        byte[] wanted = start.getBytes(StandardCharsets.ISO_8859_1);
        return bytes.length >= at + wanted.length
                && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }

    private static boolean isText(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException binary) {
            return false;
        }
    }
}
