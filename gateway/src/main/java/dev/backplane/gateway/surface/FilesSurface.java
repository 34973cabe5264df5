package dev.backplane.gateway.surface;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.file.Purpose;
import dev.backplane.gateway.file.StoredFile;
import dev.backplane.http.BodyLimits;
import dev.backplane.http.Exchange;
import dev.backplane.http.Handler;
import dev.backplane.http.Multipart;
import dev.backplane.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// OpenAI's `/v1/files`.
public final class FilesSurface {
    private static final int PAGE_DEFAULT = 10_000;
    private static final int PAGE_MAX = 10_000;
    private static final int SLOWEST_BYTES_PER_SECOND = 4 << 10;

    /// What a form has besides its file.
    private static final long FORM_BYTES = 1 << 20;

    private static final Set<String> PARAMETERS =
            Set.of(
                    "id",
                    "file",
                    "purpose",
                    "expires_after[anchor]",
                    "expires_after[seconds]",
                    "after",
                    "limit",
                    "order");

    private final FileStore files;
    private final OriginOf origins;
    private final Path temporary;
    private final long bytesMax;

    /// @param temporary directory for files that are being uploaded
    /// @param bytesMax of a file
    public FilesSurface(FileStore files, OriginOf origins, Path temporary, long bytesMax) {
        this.files = files;
        this.origins = origins;
        this.temporary = temporary;
        this.bytesMax = bytesMax;
    }

    public void routes(Router.Builder routes) {
        routes.post("/v1/files", as(this::upload))
                .get("/v1/files", as(this::list))
                .get("/v1/files/{file}", as(this::retrieve))
                .delete("/v1/files/{file}", as(this::delete))
                .get("/v1/files/{file}/content", as(this::content));
    }

    private interface Action {
        void run(Origin origin, Exchange exchange) throws IOException;
    }

    private Handler as(Action action) {
        return exchange -> {
            exchange.answerProblemsWith(
                    (failed, problem) -> OpenAiSurface.problem(failed, problem, PARAMETERS));
            action.run(origins.of(exchange), exchange);
        };
    }

    private void upload(Origin origin, Exchange exchange) throws IOException {
        long most = bytesMax + FORM_BYTES;
        if (exchange.contentLength() > most) {
            throw FileUpload.tooLarge(bytesMax);
        }
        Multipart form = Multipart.of(exchange, new BodyLimits(most, SLOWEST_BYTES_PER_SECOND));
        try (FileUpload upload = FileUpload.read(form, temporary, bytesMax)) {
            FileStore.Draft draft = upload.draft(FilesSurface::life);
            StoredFile file = files.put(origin.project(), files.newId(), draft, upload.content());
            Replies.json(exchange, 200, FileJson.file(file));
        }
    }

    private static OptionalLong life(Purpose purpose) {
        return purpose == Purpose.BATCH
                ? OptionalLong.of(Lifetimes.BATCH_SECONDS)
                : OptionalLong.empty();
    }

    private void list(Origin origin, Exchange exchange) throws IOException {
        Optional<String> purpose = exchange.query("purpose").filter(text -> !text.isEmpty());
        FileStore.Page page =
                files.list(
                        origin.project(),
                        new FileStore.Query(
                                purpose.map(FilesSurface::purpose),
                                exchange.query("after").orElse(""),
                                Replies.limit(exchange, PAGE_DEFAULT, PAGE_MAX),
                                Replies.newestFirst(exchange)));
        Replies.json(exchange, 200, FileJson.list(page.files(), page.hasMore()));
    }

    private static Purpose purpose(String id) {
        return Purpose.byId(id)
                .orElseThrow(() ->
                        Problem.invalid("there is no such purpose", "purpose")
                                .fix("leave it out, or name that of a file"));
    }

    private StoredFile find(Origin origin, Exchange exchange) {
        return files.find(origin.project(), exchange.parameter("file"))
                .orElseThrow(FilesSurface::missing);
    }

    private static Problem missing() {
        return Problem.notFound("there is no file of this id", "id")
                .fix("see GET /v1/files of this project; files expire");
    }

    private void retrieve(Origin origin, Exchange exchange) throws IOException {
        Replies.json(exchange, 200, FileJson.file(find(origin, exchange)));
    }

    private void delete(Origin origin, Exchange exchange) throws IOException {
        String id = exchange.parameter("file");
        if (!files.delete(origin.project(), id)) {
            throw missing();
        }
        Replies.json(exchange, 200, FileJson.deleted(id));
    }

    private void content(Origin origin, Exchange exchange) throws IOException {
        StoredFile file = find(origin, exchange);
        exchange.header("Content-Type", "application/octet-stream")
                .header("Content-Length", Long.toString(file.bytes()))
                // What somebody uploaded is not to be taken for a page of this server.
                .header("X-Content-Type-Options", "nosniff")
                .header("Content-Disposition", disposition(file.filename()));
        try (InputStream in = files.open(origin.project(), file)) {
            in.transferTo(exchange.output());
        } catch (NoSuchFileException deleted) {
            if (exchange.started()) {
                throw deleted;
            }
            throw missing();
        }
    }

    /// RFC 6266; names beyond ASCII as RFC 8187 has them.
    private static String disposition(String filename) {
        String plain = filename.replaceAll("[^\\x20-\\x7E]|[\"\\\\%]", "_");
        String encoded =
                URLEncoder.encode(filename, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("*", "%2A");
        return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
    }
}
