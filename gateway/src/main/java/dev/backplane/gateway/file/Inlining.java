package dev.backplane.gateway.file;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.FileReferences;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Media;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// Reads the files that requests refer to and puts them in, as base64. A file that comes twice is
/// counted twice, because it is sent twice.
public final class Inlining implements FileReferences {
    private final FileStore files;
    private final long bytesMax;

    /// @param bytesMax of all files of a request
    public Inlining(FileStore files, long bytesMax) {
        this.files = files;
        this.bytesMax = bytesMax;
    }

    @Override
    public ModelRequest resolve(Origin origin, ModelRequest request) {
        if (request.messages().stream().noneMatch(message -> refers(message.parts()))) {
            return request;
        }
        Reader reader = new Reader(origin.project());
        ModelRequest.Builder resolved = request.toBuilder();
        resolved.input = new Input.Chat(request.messages().stream().map(reader::message).toList());
        return resolved.build();
    }

    private boolean refers(List<Part> parts) {
        return parts.stream()
                .anyMatch(part ->
                        switch (part) {
                            case Part.Image(Media media, String _, Extras _) -> isOurs(media);
                            case Part.File(Media media, String _, Extras _) -> isOurs(media);
                            case Part.ToolResult result -> refers(result.content());
                            case Part.Text _,
                                    Part.Audio _,
                                    Part.Refusal _,
                                    Part.Reasoning _,
                                    Part.ToolCall _,
                                    Part.Other _ ->
                                    false;
                        });
    }

    private boolean isOurs(Media media) {
        return media instanceof Media.Reference(String id) && files.isId(id);
    }

    /// Reads for one request.
    private final class Reader {
        private final String project;
        private long left = bytesMax;

        Reader(String project) {
            this.project = project;
        }

        Message message(Message message) {
            return refers(message.parts())
                    ? new Message(
                            message.role(),
                            parts(message.parts()),
                            message.name(),
                            message.extras())
                    : message;
        }

        private List<Part> parts(List<Part> parts) {
            List<Part> resolved = new ArrayList<>();
            for (Part part : parts) {
                resolved.add(
                        switch (part) {
                            case Part.Image(Media.Reference(String id), String detail, Extras more)
                                    when files.isId(id) ->
                                    new Part.Image(content(find(id)), detail, more);
                            case Part.File(Media.Reference(String id), String name, Extras more)
                                    when files.isId(id) -> {
                                StoredFile file = find(id);
                                yield new Part.File(
                                        content(file),
                                        name.isEmpty() ? file.filename() : name,
                                        more);
                            }
                            case Part.ToolResult result ->
                                    new Part.ToolResult(
                                            result.callId(),
                                            parts(result.content()),
                                            result.error(),
                                            result.extras());
                            case Part.Image _,
                                    Part.File _,
                                    Part.Text _,
                                    Part.Audio _,
                                    Part.Refusal _,
                                    Part.Reasoning _,
                                    Part.ToolCall _,
                                    Part.Other _ ->
                                    part;
                        });
            }
            return resolved;
        }

        private StoredFile find(String id) {
            return files.find(project, id)
                    .orElseThrow(() ->
                            Problem.invalid("there is no file of this id in the project", id)
                                    .fix("upload it with POST /v1/files"));
        }

        private Media content(StoredFile file) {
            left -= file.bytes();
            if (left < 0) {
                throw Problem.tooLarge(
                                "files of the request have more than %d bytes in all"
                                        .formatted(bytesMax),
                                file.id())
                        .fix("refer to fewer or smaller files, or raise limits.request_bytes");
            }
            try (InputStream in = files.open(project, file)) {
                byte[] bytes = in.readAllBytes();
                return new Media.Base64(
                        MediaTypes.of(file.filename(), bytes),
                        Base64.getEncoder().encodeToString(bytes));
            } catch (IOException e) {
                throw Problem.unavailable("file cannot be read", file.id())
                        .fix("try again, unless it was deleted")
                        .causedBy(e);
            }
        }
    }
}
