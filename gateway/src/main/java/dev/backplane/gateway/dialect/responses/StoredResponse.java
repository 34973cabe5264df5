package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.json.Members;
import java.io.IOException;
import java.io.OutputStream;

/// A response object that is read back.
public final class StoredResponse {
    private StoredResponse() {}

    public static String status(Slice response) {
        return Members.of(response, "stored response").text("status");
    }

    /// Whether nothing more is to come of it.
    public static boolean ended(Slice response) {
        String status = status(response);
        return !status.equals(ResponseWriter.Status.QUEUED.id())
                && !status.equals(ResponseWriter.Status.IN_PROGRESS.id());
    }

    public static boolean background(Slice response) {
        return Members.of(response, "stored response").flag("background");
    }

    /// The same response, which has failed.
    public static Slice failed(Slice response, String message) {
        return JsonCursor.read(
                response,
                "stored response",
                cursor -> {
                    JsonOut out = new JsonOut().beginObject();
                    cursor.object(name -> {
                        switch (name) {
                            case "status" -> out.name(name).text(ResponseWriter.Status.FAILED.id());
                            case "error" -> {
                                cursor.skip();
                                out.name(name).beginObject().name("code").text("server_error");
                                out.name("message").text(message).endObject();
                            }
                            default -> out.name(name).json(cursor.raw());
                        }
                    });
                    return out.endObject().slice();
                });
    }

    /// Sends the last event of a response whose other events are not there any more.
    ///
    /// @param number of the event
    public static void last(Slice response, long number, OutputStream out) throws IOException {
        Frames frames = Frames.to(out, number);
        frames.send("response." + status(response), event -> event.name("response").json(response));
        frames.done();
    }
}
