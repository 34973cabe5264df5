package dev.backplane.gateway.model;

/// Where the bytes of an image, a sound or a file are.
public sealed interface Media {
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
