package dev.backplane.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final Report report =
            new Report(
                    "Ingest",
                    Map.of("seed", "7"),
                    List.of(
                            new Report.Table(
                                    "Speed",
                                    List.of("round", "MB/s", "note"),
                                    List.of(
                                            List.of(1L, 1_234.56, "warm"),
                                            List.of(2L, 9.876, "")))),
                    List.of("MB are 10^6 bytes."));

    @Test
    void markdownIsAlignedWithNumbersToTheRight() {
        assertThat(report.markdown())
                .isEqualTo(
                        """
                        ## Ingest

                        - seed: 7

                        ### Speed

                        | round |  MB/s | note |
                        |------:|------:|------|
                        |     1 | 1,235 | warm |
                        |     2 |  9.88 |      |

                        MB are 10^6 bytes.
                        """);
    }

    @Test
    void jsonHasNamesForProgramsAndSaysNullForWhatWasNotMeasured() {
        assertThat(report.json())
                .isEqualTo(
                        """
                        {"title":"Ingest","conditions":{"seed":"7"},"tables":[{"name":"Speed",\
                        "rows":[{"round":1,"mb_per_s":1234.56,"note":"warm"},\
                        {"round":2,"mb_per_s":9.876,"note":null}]}],"notes":["MB are 10^6 bytes."]}\
                        """);
    }

    @Test
    void namesAndNumbersForProgramsAreOfThePlainKind() {
        List<String> columns = List.of("raw MB", "raw : distinct messages", "spans/s");
        assertThat(new Report.Table("t", columns, List.of()).keys())
                .containsExactly("raw_mb", "raw_to_distinct_messages", "spans_per_s");
        assertThat(Report.rounded(14.293700000000001)).isEqualByComparingTo("14.2937");
        assertThat(Report.rounded(123_456_789.0).toPlainString()).isEqualTo("123457000");
        assertThat(Report.rounded(3.0).toPlainString()).isEqualTo("3");
    }

    @Test
    void quantilesAreThoseOfAllLatencies() {
        Latencies latencies = new Latencies();
        for (int i = 1_000; i >= 1; i--) {
            latencies.add(i * 1_000_000L);
        }
        assertThat(latencies.quantileMillis(0.5)).isEqualTo(500);
        assertThat(latencies.quantileMillis(0.99)).isEqualTo(990);
        assertThat(latencies.quantileMillis(1)).isEqualTo(1_000);
        assertThat(new Latencies().quantileMillis(0.5)).isNaN();
    }
}
