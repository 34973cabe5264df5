package dev.backplane.gateway.model;

/// Where the bytes of an image, a sound or a file are.
public sealed interface Media {
    /// By an address; `data:image/png;base64,…` holds the bytes itself.
    static Media of(String url) {
        int comma = url.indexOf(',');
        if (url.startsWith("data:") && comma > 0 && url.startsWith(";base64", comma - 7)) {
            return new Base64(url.substring(5, comma - 7), url.substring(comma + 1));
        }
        return new Url(url);
    }

    record Url(String url) implements Media {}

    /// @param mediaType `image/png`, or empty when nobody said
    record Base64(String mediaType, String data) implements Media {
        @Override
        public String toString() {
            return "Base64[" + mediaType + ", " + data.length() + " characters]";
        }
    }

    /// Something uploaded to the provider before.
    record Reference(String id) implements Media {}
}
