import dev.backplane.bench.measure.EngineBenchmark;
import dev.backplane.engine.model.SyntheticModel;
import dev.backplane.tensor.type.ElementType;
import java.nio.file.Path;

/// Writes the random model that `bench engine` makes for itself, so that others can be given the
/// same file: `OneBillion.java TYPE FILE`.
class OneBillion {
    public static void main(String[] arguments) {
        ElementType type = ElementType.ofLabel(arguments[0]).orElseThrow();
        SyntheticModel.write(EngineBenchmark.oneBillion(type), Path.of(arguments[1]));
    }
}
