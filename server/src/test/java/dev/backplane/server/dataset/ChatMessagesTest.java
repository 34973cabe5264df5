package dev.backplane.server.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/// Messages in the form of OpenAI's chat completions, whoever wrote them.
class ChatMessagesTest {
    private static String of(String payload) {
        return ChatMessages.of(ChatMessages.MAPPER.readTree(payload), "user")
                .toString()
                .replace('"', '\'');
    }

    @Test
    void everyFormBecomesOne() {
        Map<String, String> expected =
                Map.ofEntries(
                        Map.entry("\"hi\"", "[{'role':'user','content':'hi'}]"),
                        Map.entry("null", "[]"),
                        Map.entry("{\"q\":1}", "[{'role':'user','content':'{\\'q\\':1}'}]"),
                        Map.entry(
                                "[{\"role\":\"developer\",\"content\":\"be\"},"
                                        + "{\"role\":\"human\",\"content\":\"\"}]",
                                "[{'role':'system','content':'be'},{'role':'user','content':''}]"),
                        // JSON in a text, as attributes carry it
                        Map.entry(
                                "\"[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"a\\\"}]\"",
                                "[{'role':'user','content':'a'}]"),
                        // Anthropic
                        Map.entry(
                                "{\"system\":\"be\",\"messages\":"
                                        + "[{\"role\":\"assistant\",\"content\":["
                                        + "{\"type\":\"thinking\",\"thinking\":\"hm\"},"
                                        + "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
                                        + "\"input\":{\"a\":1}}]},{\"role\":\"user\",\"content\":["
                                        + "{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
                                        + "\"content\":[{\"type\":\"text\",\"text\":\"r\"}]}]}]}",
                                "[{'role':'system','content':'be'},{'role':'assistant','content':"
                                        + "null,'reasoning_content':'hm','tool_calls':[{'id':'t',"
                                        + "'type':'function','function':{'name':'f','arguments':"
                                        + "'{\\'a\\':1}'}}]},"
                                        + "{'role':'tool','tool_call_id':'t','content':'r'}]"),
                        // OpenTelemetry's parts
                        Map.entry(
                                "[{\"role\":\"assistant\",\"parts\":"
                                        + "[{\"type\":\"tool_call\",\"id\":\"c\","
                                        + "\"name\":\"f\",\"arguments\":{}}]},{\"role\":\"tool\","
                                        + "\"parts\":[{\"type\":\"tool_call_response\","
                                        + "\"id\":\"c\","
                                        + "\"response\":\"r\"}]}]",
                                "[{'role':'assistant','content':null,"
                                        + "'tool_calls':[{'id':'c','type':"
                                        + "'function','function':{'name':'f','arguments':'{}'}}]},"
                                        + "{'role':'tool','tool_call_id':'c','content':'r'}]"),
                        // items of responses
                        Map.entry(
                                "[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\","
                                        + "\"arguments\":\"{}\"},"
                                        + "{\"type\":\"function_call_output\","
                                        + "\"call_id\":\"c\",\"output\":\"r\"}]",
                                "[{'role':'assistant','content':null,"
                                        + "'tool_calls':[{'id':'c','type':"
                                        + "'function','function':{'name':'f','arguments':'{}'}}]},"
                                        + "{'role':'tool','tool_call_id':'c','content':'r'}]"));
        holds(expected);
    }

    @Test
    void whatHasNoIdOrNoEquivalentIsKept() {
        Map<String, String> expected =
                Map.ofEntries(
                        // Gemini, whose calls have no ids
                        Map.entry(
                                "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"a\"},"
                                        + "{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]},"
                                        + "{\"role\":\"user\",\"parts\":[{\"functionResponse\":"
                                        + "{\"name\":\"f\",\"response\":{\"x\":1}}}]}]}",
                                "[{'role':'assistant','content':'a','tool_calls':[{'id':'call_1',"
                                        + "'type':'function','function':{'name':'f','arguments':"
                                        + "'{}'}}]},{'role':'tool','tool_call_id':'call_1',"
                                        + "'content':'{\\'x\\':1}'}]"),
                        // images and what is not known
                        Map.entry(
                                "[{\"role\":\"user\",\"content\":["
                                        + "{\"type\":\"text\",\"text\":\"a\"},"
                                        + "{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                                        + "\"media_type\":\"image/png\",\"data\":\"AA\"}},"
                                        + "{\"type\":\"odd\",\"x\":1}]}]",
                                "[{'role':'user','content':[{'type':'text','text':'a'},"
                                        + "{'type':'image_url','image_url':{'url':"
                                        + "'data:image/png;base64,AA'}},{'type':'odd','x':1}]}]"));
        holds(expected);
    }

    private static void holds(Map<String, String> expected) {
        expected.forEach(
                (payload, messages) -> assertThat(of(payload)).as(payload).isEqualTo(messages));
    }

    @Test
    void toolsAreFunctions() {
        String tools =
                "[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}},"
                        + "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]";
        assertThat(ChatMessages.tools(ChatMessages.MAPPER.readTree(tools)).toString())
                .isEqualTo(
                        "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
                                + "{\"type\":\"object\"}}},{\"type\":\"function\",\"function\":"
                                + "{\"name\":\"g\"}}]");
    }
}
