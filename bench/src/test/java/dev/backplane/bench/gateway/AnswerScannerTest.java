package dev.backplane.bench.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerScannerTest {
    private static final String WHOLE =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCONTENT-LENGTH: 5\r\n\r\n{\"\":1";
    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "B;x=1\r\ndata: {}\n\n \r\n3\r\nabc\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    private static final String INTERIM = "HTTP/1.1 100 Continue\r\n\r\n";
    private static final String EMPTY = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

    private final AnswerScanner scanner = new AnswerScanner();

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void findsTheEndWhereverTheBytesAreCut() {
        for (String answer : List.of(WHOLE, CHUNKED, INTERIM + WHOLE, EMPTY)) {
            for (int cut = 0; cut < answer.length(); cut++) {
                scanner.reset();
                assertThat(scanner.take(bytes(answer.substring(0, cut)))).isFalse();
                assertThat(scanner.take(bytes(answer.substring(cut)))).isTrue();
            }
        }
    }

    @Test
    void leavesWhatComesAfter() {
        ByteBuffer two = bytes(WHOLE + CHUNKED);
        assertThat(scanner.take(two)).isTrue();
        assertThat(scanner.bodyBytes()).isEqualTo(5);
        assertThat(two.position()).isEqualTo(WHOLE.length());
        scanner.reset();
        assertThat(scanner.take(two)).isTrue();
        assertThat(scanner.bodyBytes()).isEqualTo(28);
    }

    @Test
    void tellsStatusAndTheEndOfAStream() {
        scanner.take(bytes(CHUNKED));
        assertThat(scanner.status()).isEqualTo(200);
        assertThat(scanner.endsWithDone()).isTrue();
        scanner.reset();
        scanner.take(bytes(EMPTY));
        assertThat(scanner.status()).isEqualTo(503);
        assertThat(scanner.endsWithDone()).isFalse();
    }

    @Test
    void anythingElseIsAFault() {
        assertThatThrownBy(() -> scanner.take(bytes("SSH-2.0-OpenSSH_9.2\r\n")))
                .isInstanceOf(IllegalStateException.class);
    }
}
