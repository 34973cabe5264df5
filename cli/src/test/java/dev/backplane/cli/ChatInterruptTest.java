package dev.backplane.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Ctrl-C at a terminal in raw mode, against a server whose answer does not end.
@Timeout(60)
class ChatInterruptTest {
    private static final String HEAD = "HTTP/1.1 200 OK\r\nConnection: close\r\n";

    private final ServerSocket socket;
    private final CountDownLatch gone = new CountDownLatch(1);

    ChatInterruptTest() throws IOException {
        socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
    }

    @AfterEach
    void stop() throws IOException {
        socket.close();
    }

    private void serve() {
        try {
            while (true) {
                try (Socket client = socket.accept()) {
                    answer(client);
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void answer(Socket client) throws IOException {
        BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        String request = in.readLine();
        int length = 0;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring("Content-Length: ".length()));
            }
        }
        for (int i = 0; i < length; i++) {
            in.read();
        }
        OutputStream out = client.getOutputStream();
        if (request.startsWith("GET")) {
            out.write((HEAD + "Content-Length: 2\r\n\r\n{}").getBytes(StandardCharsets.UTF_8));
            return;
        }
        String begun = "data: {\"choices\":[{\"delta\":{\"content\":\"It is\"}}]}\n\n";
        out.write(
                (HEAD + "Content-Type: text/event-stream\r\n\r\n" + begun)
                        .getBytes(StandardCharsets.UTF_8));
        out.flush();
        try {
            if (in.read() < 0) {
                gone.countDown();
            }
        } catch (IOException reset) {
            gone.countDown();
        }
    }

    /// What is typed, which comes when somebody types it.
    private static final class Keys extends InputStream {
        private final BlockingQueue<Integer> bytes = new LinkedBlockingQueue<>();

        void type(String text) {
            for (byte letter : text.getBytes(StandardCharsets.UTF_8)) {
                bytes.add(letter & 0xff);
            }
        }

        @Override
        public int read() throws IOException {
            try {
                return bytes.take();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    /// Types Ctrl-C when the answer has begun.
    private static final class Typist extends ByteArrayOutputStream {
        private final Keys keys;
        private boolean isWaiting = true;

        Typist(Keys keys) {
            this.keys = keys;
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (isWaiting && toString(StandardCharsets.UTF_8).contains("It is")) {
                isWaiting = false;
                keys.type("\u0003");
            }
        }
    }

    @Test
    void ctrlCEndsTheAnswerOnBothSidesAndAnotherTheConversation() throws Exception {
        Keys keys = new Keys();
        Typist out = new Typist(keys);
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        RawMode.Raw raw =
                new RawMode.Raw() {
                    @Override
                    public RawMode.Size size() {
                        return new RawMode.Size(24, 80);
                    }

                    @Override
                    public void close() {}
                };
        Terminal terminal =
                new Terminal(
                        keys,
                        out,
                        error,
                        Map.of(
                                "LANG",
                                "C.UTF-8",
                                "BACKPLANE_URL",
                                "http://127.0.0.1:" + socket.getLocalPort()),
                        true,
                        true,
                        true,
                        80,
                        () -> Optional.of(raw),
                        ZoneOffset.UTC,
                        TestRun.CLOCK);
        keys.type("why?\r");

        Thread chat = Thread.ofVirtual().start(() -> Main.run(List.of("chat", "fast"), terminal));
        gone.await();
        keys.type("\u0003");
        chat.join();

        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("It is\n");
        assertThat(error.toString(StandardCharsets.UTF_8))
                .contains("stopped; /undo takes it back", "this was session chat-");
    }
}
