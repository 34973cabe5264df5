package dev.backplane.ingest.braintrust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.ingest.Otlp;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class Logs3Test {
    /// The row `old` is stored, in project `default`.
    private static final Logs3.Places PLACES =
            new Logs3.Places() {
                @Override
                public String project(String projectId) {
                    if (projectId.equals("closed")) {
                        throw Problem.of(Problem.Kind.FORBIDDEN, "not yours", projectId);
                    }
                    return projectId;
                }

                @Override
                public Optional<SpanKey> locate(RowKey row, SpanKey likely) {
                    return row.equals(new RowKey("default", "", "old"))
                            ? Optional.of(new SpanKey("default", "T", "S"))
                            : Optional.empty();
                }
            };

    private static Logs3.Batch decode(String rows) {
        return Logs3.decode(
                Slice.of("{\"api_version\":2,\"rows\":[" + rows + "]}"), Otlp.CONTEXT, PLACES);
    }

    private static List<SpanKey> keys(String rows) {
        Logs3.Batch batch = decode(rows);
        assertThat(batch.decoded().rejected()).isEmpty();
        return batch.decoded().events().stream().map(SpanEvent::key).toList();
    }

    private static SpanEvent one(String row) {
        Logs3.Batch batch = decode(row);
        assertThat(batch.decoded().rejected()).isEmpty();
        return batch.decoded().events().getFirst();
    }

    @Test
    void theFirstWriteIsAnInsertWithAllItsFields() {
        SpanEvent event =
                one(
                        """
                        {"id":"r","span_id":"s","root_span_id":"t","span_parents":["p","q"],
                         "created":"2025-10-09T08:53:20Z","project_id":"x","log_id":"g",
                         "input":[{"role":"user"}],"output":"text","expected":{"a":1},
                         "metadata":{"model":"gpt-4o","user_id":"ann"},"tags":["a"],
                         "scores":{"s":0.5},"context":{"file":"f"},
                         "span_attributes":{"name":"call","type":"llm","exec_counter":3},
                         "metrics":{"start":1760000000.25,"end":1760000001.5,"prompt_tokens":10,
                           "completion_tokens":5,"time_to_first_token":0.5}}\
                        """);

        assertThat(event.op()).isEqualTo(Op.INSERT);
        assertThat(event.key()).isEqualTo(new SpanKey("x", "t", "s"));
        assertThat(event.data().text(Field.PARENT_ID)).isEqualTo("p");
        assertThat(event.data().text(Field.NAME)).isEqualTo("call");
        assertThat(event.data().text(Field.KIND)).isEqualTo("llm");
        assertThat(event.data().text(Field.MODEL)).isEqualTo("gpt-4o");
        assertThat(event.data().text(Field.USER_ID)).isEqualTo("ann");
        assertThat(event.data().number(Field.START_TIME, 0)).isEqualTo(1760000000_250000000L);
        assertThat(event.data().number(Field.END_TIME, 0)).isEqualTo(1760000001_500000000L);
        assertThat(event.data().number(Field.INPUT_TOKENS, 0)).isEqualTo(10);
        assertThat(event.data().get(Field.TIME_TO_FIRST_TOKEN_MS)).contains(Value.of(500.0));
        assertThat(event.data().get(Field.INPUT)).contains(Value.json("[{\"role\":\"user\"}]"));
        assertThat(event.data().get(Field.OUTPUT)).contains(Value.text("text"));
        assertThat(event.data().has(Field.COST)).isTrue();
        Value extra = event.data().get(Field.EXTRA).orElseThrow();
        assertThat(((Slice) ((Value.Json) extra).content()).text())
                .contains("\"id\":\"r\"", "exec_counter", "\"span_parents\":[\"p\",\"q\"]")
                .contains("\"created\"", "\"context\"", "\"log_id\"");
    }

    @Test
    void laterWritesMergeByTheirRules() {
        SpanEvent event =
                one(
                        """
                        {"id":"r","span_id":"s","root_span_id":"t","_is_merge":true,
                         "created":"2025-10-09T08:53:20Z","output":{"a":1},
                         "_merge_paths":[["metadata","prompt"],["output"]],
                         "_array_delete":[{"path":["tags"],"delete":["x",1]}]}\
                        """);

        assertThat(event.op()).isEqualTo(Op.MERGE);
        assertThat(event.rules().replaceAt())
                .containsExactly(List.of("metadata", "prompt"), List.of("output"));
        assertThat(event.rules().deletions())
                .containsExactly(new SpanEvent.Deletion(List.of("tags"), List.of("\"x\"", "1")));
        assertThat(event.data().has(Field.START_TIME)).isFalse();
        assertThat(event.data().has(Field.KIND)).isFalse();
    }

    @Test
    void scoresForARowAreFeedbackOnItsSpan() {
        Logs3.Batch batch =
                decode(
                        """
                        {"id":"r","span_id":"s","root_span_id":"t","input":1},
                        {"id":"r","_is_merge":true,"scores":{"good":1},"_audit_source":"app"},
                        {"id":"old","_is_merge":true,"scores":{"good":0},"comment":{"text":"no"}},
                        {"id":"lone","_is_merge":true,"tags":["x"]}\
                        """);

        assertThat(batch.decoded().events())
                .extracting(SpanEvent::op)
                .containsExactly(Op.INSERT, Op.FEEDBACK, Op.FEEDBACK, Op.FEEDBACK);
        assertThat(batch.decoded().events())
                .extracting(event -> event.key().span())
                .containsExactly("s", "s", "S", "lone");
        assertThat(batch.decoded().events().get(3).key().trace()).isEqualTo("lone");
        assertThat(batch.decoded().events().get(2).data().get(Field.COMMENTS))
                .contains(Value.json("[{\"text\":\"no\"}]"));
        assertThat(batch.ids()).containsExactly("r", "r", "old", "lone");
    }

    @Test
    void aRowStaysWhereItIsWhateverSpanLaterWritesName() {
        SpanKey first = new SpanKey("default", "t", "s");
        assertThat(
                        keys(
                                """
                                {"id":"r","span_id":"s","root_span_id":"t","log_id":"g"},
                                {"id":"r","span_id":"X","root_span_id":"Y","_is_merge":true,"output":1},
                                {"id":"r","_is_merge":true,"scores":{"good":1}},
                                {"id":"r","_object_delete":true}\
                                """))
                .containsExactly(first, first, first, first);
        assertThat(
                        keys(
                                """
                                {"id":"old","span_id":"X","root_span_id":"Y","_is_merge":true,"output":1},
                                {"id":"new","span_id":"X","root_span_id":"Y","_is_merge":true,"output":1}\
                                """))
                .containsExactly(
                        new SpanKey("default", "T", "S"), new SpanKey("default", "Y", "X"));
    }

    @Test
    void theSameIdElsewhereIsAnotherRow() {
        assertThat(
                        keys(
                                """
                                {"id":"1","project_id":"a"},
                                {"id":"1","project_id":"b"},
                                {"id":"1","project_id":"b","dataset_id":"d"},
                                {"id":"1","project_id":"b","experiment_id":"e","span_id":"s"},
                                {"id":"1","project_id":"b","experiment_id":"e","_is_merge":true,"tags":[]}\
                                """))
                .containsExactly(
                        new SpanKey("a", "1", "1"),
                        new SpanKey("b", "1", "1"),
                        new SpanKey("b", "d:1", "d:1"),
                        new SpanKey("b", "s", "s"),
                        new SpanKey("b", "s", "s"));
        assertThat(decode("{\"id\":\"1\",\"project_id\":\"closed\"}").decoded().rejected())
                .hasSize(1);
    }

    @Test
    void aCommentGoesToTheRowThatItIsAbout() {
        SpanEvent event =
                one(
                        """
                        {"id":"c","comment":{"text":"good"},"created":"2025-10-09T08:53:20Z",
                         "origin":{"id":"old"},"project_id":"default","log_id":"g",
                         "_audit_source":"app","_audit_metadata":null}\
                        """);

        assertThat(event.op()).isEqualTo(Op.FEEDBACK);
        assertThat(event.key()).isEqualTo(new SpanKey("default", "T", "S"));
        assertThat(event.data().present()).containsExactly(Field.COMMENTS);
        assertThat(event.data().get(Field.COMMENTS))
                .contains(
                        Value.json(
                                "[{\"text\":\"good\",\"id\":\"c\","
                                        + "\"created\":\"2025-10-09T08:53:20Z\","
                                        + "\"_audit_source\":\"app\"}]"));
    }

    @Test
    void deletionAndRowsWithoutIds() {
        assertThat(one("{\"id\":\"r\",\"_object_delete\":true}").op()).isEqualTo(Op.DELETE);
        Logs3.Batch first = decode("{\"input\":1},{\"input\":2}");
        assertThat(first.ids()).doesNotHaveDuplicates().allMatch(id -> id.length() == 32);
        assertThat(decode("{\"input\":1},{\"input\":2}").ids()).isEqualTo(first.ids());
    }

    @Test
    void anErrorMarksTheSpan() {
        SpanEvent event = one("{\"id\":\"r\",\"error\":\"boom\"}");

        assertThat(event.data().text(Field.STATUS)).isEqualTo("error");
        assertThat(event.data().text(Field.ERROR)).isEqualTo("boom");
    }

    @Test
    void aBadRowIsRejectedAlone() {
        Logs3.Batch batch =
                decode("{\"id\":\"a\"},{\"id\":\"b\",\"scores\":3},7,{\"id\":\"c\",\"tags\":{}}");

        assertThat(batch.decoded().events()).hasSize(1);
        assertThat(batch.decoded().rejected())
                .extracting(rejection -> rejection.index())
                .containsExactly(1L, 2L, 3L);
        assertThat(batch.decoded().rejected().getFirst().problem())
                .hasMessageContaining("scores is not an object");
    }

    @Test
    void overflowIsReferredTo() {
        Logs3.Batch batch =
                Logs3.decode(
                        Slice.of("{\"rows\":{\"type\":\"logs3_overflow\",\"key\":\"k\"}}"),
                        Otlp.CONTEXT,
                        PLACES);

        assertThat(batch.overflowKey()).contains("k");
        assertThatThrownBy(() -> Logs3.decode(Slice.of("{}"), Otlp.CONTEXT, PLACES))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("rows are missing");
    }
}
