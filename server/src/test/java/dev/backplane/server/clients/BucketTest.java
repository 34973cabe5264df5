package dev.backplane.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.models.batches.Batch;
import com.openai.models.batches.BatchCreateParams;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.backplane.server.TestServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.gaul.s3proxy.BlobStores;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What clients keep with a server whose store is a bucket: it is there for the next process, which
/// has nothing else.
@Timeout(120)
class BucketTest {
    private static final String BUCKET = "kept";
    private static final String ACCESS = "local-access";
    private static final String SECRET = "local-secret";

    @TempDir Path data;

    private final FakeModel model = new FakeModel();
    private S3Proxy bucket;
    private TestServer server;
    private OpenAIClient client;
    private int processes;

    @BeforeEach
    void start() throws Exception {
        BlobStore blobs = BlobStores.create("transient-nio2", new Properties());
        blobs.createContainer(BUCKET);
        bucket =
                S3Proxy.builder()
                        .blobStore(blobs)
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, ACCESS, SECRET)
                        .build();
        bucket.start();
        System.setProperty("aws.accessKeyId", ACCESS);
        System.setProperty("aws.secretAccessKey", SECRET);
        open();
    }

    /// With a directory of its own: all that stays is in the bucket.
    private void open() throws IOException {
        server =
                new TestServer(
                        data.resolve("process-" + processes++),
                        """
                        store:
                          s3: {bucket: %s, region: us-east-1, path_style: true,
                               endpoint: "http://127.0.0.1:%d"}
                        providers:
                          openai: {type: openai, base_url: "%s/v1"}
                        models:
                          m: {provider: openai, model: m-1}
                        """
                                .formatted(BUCKET, bucket.getPort(), model.root()));
        client =
                OpenAIOkHttpClient.builder()
                        .baseUrl("http://127.0.0.1:" + server.backplane.port() + "/v1")
                        .apiKey("any")
                        .maxRetries(0)
                        .build();
    }

    private void restart() throws IOException {
        client.close();
        server.close();
        open();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        server.close();
        model.close();
        bucket.stop();
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
    }

    private FileObject upload(String text, FilePurpose purpose) {
        return client.files()
                .create(
                        FileCreateParams.builder()
                                .file(text.getBytes(StandardCharsets.UTF_8))
                                .purpose(purpose)
                                .build());
    }

    private String content(String file) throws IOException {
        try (HttpResponse content = client.files().content(file)) {
            return new String(content.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void files() throws IOException {
        String text = "a line\n".repeat(200_000);
        FileObject file = upload(text, FilePurpose.USER_DATA);
        FileObject other = upload("other", FilePurpose.USER_DATA);
        restart();

        assertThat(client.files().list().data())
                .extracting(FileObject::id)
                .containsExactlyInAnyOrder(file.id(), other.id());
        assertThat(content(file.id())).isEqualTo(text);
        client.files().delete(other.id());
        assertThat(client.files().list().data())
                .extracting(FileObject::id)
                .containsExactly(file.id());
    }

    @Test
    void batches() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            lines.append(
                    ("{\"custom_id\":\"c%d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
                                    + "\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                                    + "\"content\":\"number %d\"}]}}\n")
                            .formatted(i, i));
        }
        String id =
                client.batches()
                        .create(
                                BatchCreateParams.builder()
                                        .inputFileId(
                                                upload(lines.toString(), FilePurpose.BATCH).id())
                                        .endpoint(BatchCreateParams.Endpoint.V1_CHAT_COMPLETIONS)
                                        .completionWindow(BatchCreateParams.CompletionWindow._24H)
                                        .build())
                        .id();
        while (!client.batches().retrieve(id).status().equals(Batch.Status.COMPLETED)) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        restart();

        Batch batch = client.batches().retrieve(id);
        assertThat(batch.requestCounts().orElseThrow().completed()).isEqualTo(20);
        assertThat(content(batch.outputFileId().orElseThrow()).lines())
                .hasSize(20)
                .anyMatch(line -> line.contains("you said number 7"));
    }

    @Test
    void responsesAndConversations() throws IOException {
        String conversation = client.conversations().create(ConversationCreateParams.none()).id();
        Response response =
                client.responses()
                        .create(
                                ResponseCreateParams.builder()
                                        .model("m")
                                        .conversation(conversation)
                                        .input("hello")
                                        .build());
        restart();

        assertThat(client.responses().retrieve(response.id()).output()).hasSize(1);
        assertThat(client.conversations().items().list(conversation).data()).hasSize(2);
    }
}
