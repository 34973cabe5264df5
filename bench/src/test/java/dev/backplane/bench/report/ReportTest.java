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
    void jsonKeepsNumbersWholeAndSaysNullForWhatWasNotMeasured() {
        assertThat(report.json())
                .isEqualTo(
                        """
                        {"title":"Ingest","conditions":{"seed":"7"},"tables":[{"name":"Speed",\
                        "rows":[{"round":1,"MB/s":1234.56,"note":"warm"},\
                        {"round":2,"MB/s":9.876,"note":null}]}],"notes":["MB are 10^6 bytes."]}\
                        """);
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
