package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.anthropic.Headers;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestReader;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.model.ModelRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThoughtsTest {
    /// Members of any name may stand in a client's thought, those that dialects keep there as well.
    @Test
    void aClientsMembersBreakNothing() {
        for (String member :
                List.of(
                        "\"place\":\"x\"",
                        "\"backplane:place\":\"x\"",
                        "\"backplane:form\":1",
                        "\"backplane:also\":[]")) {
            Slice body =
                    Slice.of(
                            """
                            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"},
                            {"role":"assistant","content":[{"type":"thinking","thinking":"let me",
                            "signature":"EqQB",%s},{"type":"text","text":"yes"}]},
                            {"role":"user","content":"why"}]}
                            """
                                    .formatted(member));
            ModelRequest request = MessagesRequestReader.read(body, Headers.NONE, "test");
            List<String> ignored = new ArrayList<>();

            Slice written = ChatRequestWriter.write(request, ignored::add);

            assertThat(written.text()).as(member).contains("\"yes\"").contains("let me");
        }
    }
}
