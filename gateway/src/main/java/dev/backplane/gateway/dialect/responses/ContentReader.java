package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Part;

/// Reads one part of an item's content, by its type.
final class ContentReader {
    private final JsonCursor cursor;
    private final Slice whole;
    private String type = "";
    private String text = "";
    private String url = "";
    private String data = "";
    private String fileId = "";
    private String fileName = "";
    private String detail = "";
    private String format = "";
    private final Extras.Builder extras = new Extras.Builder();

    private ContentReader(JsonCursor cursor, Slice whole) {
        this.cursor = cursor;
        this.whole = whole;
    }

    /// @param item the path of the item
    static Part read(JsonCursor at, String item) {
        String path = item + "." + at.path();
        if (!at.isObject()) {
            throw Problem.invalid(path + " is not an object", "input")
                    .fix("send objects with type, such as input_text");
        }
        Slice whole = at.raw();
        return JsonCursor.read(whole, path, cursor -> new ContentReader(cursor, whole).part(path));
    }

    private Part part(String path) {
        cursor.object(this::member);
        return switch (type) {
            case "input_text", "output_text", "text", "reasoning_text" ->
                    new Part.Text(text, extras.build());
            case "refusal" -> new Part.Refusal(text, extras.build());
            case "input_image" ->
                    new Part.Image(
                            url.isEmpty() ? new Media.Reference(fileId) : Media.of(url),
                            detail,
                            extras.build());
            case "input_file" -> new Part.File(file(path), fileName, extras.build());
            case "input_audio" ->
                    new Part.Audio(new Media.Base64("", data), format, extras.build());
            case "" -> throw Problem.invalid(path + " has no type", "input").fix("send its type");
            default -> new Part.Other(type, whole);
        };
    }

    private Media file(String path) {
        if (!data.isEmpty()) {
            return Media.of(data);
        }
        if (!url.isEmpty()) {
            return new Media.Url(url);
        }
        if (!fileId.isEmpty()) {
            return new Media.Reference(fileId);
        }
        throw Problem.invalid(path + " has no file", "input")
                .fix("send file_data, file_url or file_id");
    }

    private void member(String name) {
        switch (name) {
            case "type" -> type = cursor.text();
            case "text", "refusal" -> text = cursor.text();
            case "image_url", "file_url" -> url = cursor.textOrEmpty();
            case "file_id" -> fileId = cursor.textOrEmpty();
            case "file_data", "data" -> data = cursor.textOrEmpty();
            case "filename" -> fileName = cursor.textOrEmpty();
            case "detail" -> detail = cursor.textOrEmpty();
            case "format" -> format = cursor.text();
            case "input_audio" -> cursor.object(this::member);
            case "annotations", "logprobs" -> {
                Slice json = cursor.raw();
                if (!json.equals(Slice.of("[]")) && !json.equals(Slice.of("null"))) {
                    extras.put(name, json);
                }
            }
            default -> extras.put(name, cursor.raw());
        }
    }
}
