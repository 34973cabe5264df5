package dev.backplane.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.MultipartField;
import com.openai.core.http.HttpResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileDeleted;
import com.openai.models.files.FileListParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputFile;
import com.openai.models.responses.ResponseInputImage;
import com.openai.models.responses.ResponseInputItem;
import dev.backplane.server.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// OpenAI's own Java client and files, over the whole process.
@Timeout(60)
class OpenAiFilesTest {
    private static final String KEY = "a-key-of-more-than-20-characters";
    private static final String FOREIGN = KEY + "-of-others";
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int LIMIT = 3 << 20;

    @TempDir Path data;

    private final FakeModel model = new FakeModel();
    private TestServer server;
    private OpenAIClient client;

    @BeforeEach
    void start() throws IOException {
        server =
                new TestServer(
                        data,
                        """
                        providers:
                          openai: {type: openai, base_url: "%1$s/v1"}
                          anthropic: {type: anthropic, base_url: "%1$s/v1", api_key: sk-a}
                        models:
                          on-openai: {provider: openai, model: m-1}
                          on-anthropic: {provider: anthropic, model: m-1}
                        keys:
                          - {name: caller, key: %2$s, scopes: [call, read], project: team}
                          - {name: other, key: %3$s, scopes: [call, read], project: other}
                        limits: {file_bytes: 3MiB}
                        """
                                .formatted(model.root(), KEY, FOREIGN));
        client = client(KEY);
    }

    private OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + server.backplane.port() + "/v1")
                .apiKey(key)
                .maxRetries(0)
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        model.close();
    }

    private FileObject upload(String name, byte[] bytes, FilePurpose purpose) {
        return client.files()
                .create(
                        FileCreateParams.builder()
                                .file(
                                        MultipartField.<InputStream>builder()
                                                .value(new ByteArrayInputStream(bytes))
                                                .filename(name)
                                                .build())
                                .purpose(purpose)
                                .build());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long temporaryFiles() throws IOException {
        Path directory = data.resolve("tmp").resolve("files");
        if (!Files.exists(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.count();
        }
    }

    @Test
    void aFileComesBackAsItWasSent() throws Exception {
        byte[] bytes = new byte[LIMIT];
        new Random(1).nextBytes(bytes);
        FileObject file = upload("../dir/naïve \"a\".bin", bytes, FilePurpose.USER_DATA);
        file.validate();

        assertThat(file.filename()).isEqualTo("naïve \"a\".bin");
        assertThat(file.bytes()).isEqualTo(LIMIT);
        assertThat(file.expiresAt()).isEmpty();
        assertThat(client.files().retrieve(file.id())).isEqualTo(file);
        try (HttpResponse content = client.files().content(file.id())) {
            assertThat(content.body().readAllBytes()).isEqualTo(bytes);
            assertThat(content.headers().values("Content-Disposition").getFirst())
                    .contains("filename*=UTF-8''na%C3%AFve%20%22a%22.bin");
        }
        assertThat(temporaryFiles()).isZero();

        FileDeleted deleted = client.files().delete(file.id());
        assertThat(deleted.deleted()).isTrue();
        assertThatThrownBy(() -> client.files().content(file.id()))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("no file of this id");
    }

    @Test
    void listsArePagedAndFiltered() {
        FileObject one = upload("1", bytes("1"), FilePurpose.BATCH);
        FileObject two = upload("2", bytes("2"), FilePurpose.USER_DATA);
        FileObject three = upload("3", bytes("3"), FilePurpose.BATCH);

        assertThat(client.files().list().data()).containsExactly(three, two, one);
        FileListParams oneByOne =
                FileListParams.builder().limit(1).order(FileListParams.Order.ASC).build();
        assertThat(client.files().list(oneByOne).autoPager().stream())
                .containsExactly(one, two, three);
        assertThat(client.files().list(FileListParams.builder().purpose("batch").build()).data())
                .containsExactly(three, one);
        assertThat(one.expiresAt().orElseThrow() - one.createdAt()).isEqualTo(30 * 24 * 3_600);
    }

    @Test
    void aFileCanExpire() {
        FileCreateParams.Builder params =
                FileCreateParams.builder().file(bytes("x")).purpose(FilePurpose.EVALS);

        FileObject file =
                client.files()
                        .create(
                                params.expiresAfter(
                                                FileCreateParams.ExpiresAfter.builder()
                                                        .seconds(3_600)
                                                        .build())
                                        .build());

        assertThat(file.expiresAt().orElseThrow() - file.createdAt()).isEqualTo(3_600);
        assertThatThrownBy(() ->
                        client.files()
                                .create(
                                        params.expiresAfter(
                                                        FileCreateParams.ExpiresAfter.builder()
                                                                .seconds(5)
                                                                .build())
                                                .build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("seconds from 3600 to 2592000");
    }

    @Test
    void anotherProjectHasNoneOfIt() {
        FileObject file = upload("a", bytes("secret"), FilePurpose.USER_DATA);
        OpenAIClient other = client(FOREIGN);
        try {
            assertThat(other.files().list().data()).isEmpty();
            assertThatThrownBy(() -> other.files().retrieve(file.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> other.files().content(file.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> other.files().delete(file.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(
                            () -> other.chat().completions().create(asks("on-openai", file.id())))
                    .isInstanceOf(BadRequestException.class)
                    .hasMessageContaining("no file of this id in the project");
        } finally {
            other.close();
        }
        assertThat(client.files().retrieve(file.id())).isEqualTo(file);
    }

    @Test
    void whatIsTooLargeIsRefusedWithTheLimitAndLeavesNothing() throws Exception {
        assertThatThrownBy(() -> upload("a", new byte[LIMIT + 1], FilePurpose.USER_DATA))
                .isInstanceOfSatisfying(
                        OpenAIServiceException.class,
                        refused -> {
                            assertThat(refused.statusCode()).isEqualTo(413);
                            assertThat(refused.getMessage()).contains("more than 3145728 bytes");
                        });
        assertThat(client.files().list().data()).isEmpty();
        assertThat(temporaryFiles()).isZero();
    }

    @Test
    void formsThatAreWrongAreRefused() throws Exception {
        assertThat(post("--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch"))
                .contains("multipart body is malformed");
        assertThat(post(field("purpose", "batch")))
                .contains("form has no file", "\"param\":\"file\"");
        assertThat(post(field("file", "x") + field("file", "y"))).contains("form has two files");
        assertThat(post(field("file", "x"))).contains("purpose is not one", "batch, fine-tune");
        assertThat(post(field("file", "x") + field("purpose", "batch_output")))
                .contains("purpose is not one");
        assertThat(
                        post(
                                field("file", "x")
                                        + field("purpose", "batch")
                                        + field("expires_after[seconds]", "3600")))
                .contains("send created_at");
        assertThat(temporaryFiles()).isZero();
        assertThat(client.files().list().data()).isEmpty();
    }

    private static String field(String name, String value) {
        return "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
                .formatted(name, value);
    }

    private String post(String form) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.backplane.port() + "/v1/files");
            return http.send(
                            HttpRequest.newBuilder(uri)
                                    .header("Authorization", "Bearer " + KEY)
                                    .header("Content-Type", "multipart/form-data; boundary=b")
                                    .POST(HttpRequest.BodyPublishers.ofString(form + "--b--\r\n"))
                                    .build(),
                            java.net.http.HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static ChatCompletionCreateParams asks(String model, String file) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessageOfArrayOfContentParts(
                        List.of(
                                ChatCompletionContentPart.ofFile(
                                        ChatCompletionContentPart.File.builder()
                                                .file(
                                                        ChatCompletionContentPart.File.FileObject
                                                                .builder()
                                                                .fileId(file)
                                                                .build())
                                                .build())))
                .build();
    }

    @Test
    void requestsMayReferToFiles() throws Exception {
        FileObject pdf = upload("a.pdf", bytes("%PDF-1.7 and so on"), FilePurpose.USER_DATA);
        FileObject png = upload("b", PNG, FilePurpose.VISION);

        for (String name : List.of("on-openai", "on-anthropic")) {
            client.chat().completions().create(asks(name, pdf.id()));

            String sent = model.seen().getLast().body().toString();
            assertThat(sent)
                    .contains("application/pdf", "JVBERi0xLjcgYW5kIHNvIG9u")
                    .doesNotContain(pdf.id());
        }
        ResponseCreateParams response =
                ResponseCreateParams.builder()
                        .model("on-openai")
                        .inputOfResponse(
                                List.of(
                                        ResponseInputItem.ofMessage(
                                                ResponseInputItem.Message.builder()
                                                        .role(ResponseInputItem.Message.Role.USER)
                                                        .addContent(
                                                                ResponseInputFile.builder()
                                                                        .fileId(pdf.id())
                                                                        .build())
                                                        .addContent(
                                                                ResponseInputImage.builder()
                                                                        .fileId(png.id())
                                                                        .detail(
                                                                                ResponseInputImage
                                                                                        .Detail
                                                                                        .AUTO)
                                                                        .build())
                                                        .build())))
                        .build();
        assertThat(client.responses().create(response).output()).hasSize(1);
        String sent = model.seen().getLast().body().toString();
        assertThat(sent)
                .contains("\"filename\":\"a.pdf\"", "data:image/png")
                .doesNotContain(pdf.id(), png.id());
    }

    @Test
    void anIdThatIsTheProvidersOwnGoesThrough() {
        client.chat().completions().create(asks("on-openai", "file-abc123"));

        assertThat(model.seen().getLast().body().toString()).contains("file-abc123");
    }
}
