package org.sjd4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.sjd4j.evaluation.Estimate;
import org.sjd4j.evaluation.Measurement;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;
import org.sjd4j.training.model.PromptFollowing;
import org.sjd4j.training.model.PromptFollowing.Measured;

/** What prompts are worth to a model, as a table. */
final class FollowingTable {
    private FollowingTable() {}

    static List<Cell> row(String images, List<Measured> measured) {
        return List.of(
                Cell.of(images),
                Cell.of(measured.size()),
                mean(measured, Measured::with),
                mean(measured, Measured::without),
                mean(measured, Measured::gain),
                Cell.share(share(measured, 1)),
                Cell.share(share(measured, 3)));
    }

    private static Cell mean(List<Measured> measured, ToDoubleFunction<Measured> figure) {
        return Cell.of(Estimate.of(measured.stream().mapToDouble(figure).toArray()), 4);
    }

    private static double share(List<Measured> measured, int best) {
        return measured.stream().filter(image -> image.rank() < best).count() / (double) measured.size();
    }

    static Measurement of(Path checkpoint, List<List<Cell>> rows) {
        var columns = Table.columns(
                "pictures", "pictures",
                "count", "count",
                "with_prompt", "with their caption, nats/token",
                "without_prompt", "without",
                "gain", "difference",
                "first", "own caption first of " + PromptFollowing.candidates(),
                "first_three", "among the first 3");
        var conditions = new LinkedHashMap<String, Object>(Map.of("model", String.valueOf(checkpoint.getFileName())));
        var table = new Table("Cross-entropy of real images, and the rank of their own caption", columns, rows);
        return new Measurement("following", conditions, List.of(table));
    }
}
