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
import org.sjd4j.training.model.PromptFollowing.Judged;

/** What prompts are worth to a model, as a table. */
final class FollowingTable {
    private FollowingTable() {}

    static List<Cell> row(String pictures, List<Judged> judged) {
        return List.of(
                Cell.of(pictures),
                Cell.of(judged.size()),
                mean(judged, Judged::with),
                mean(judged, Judged::without),
                mean(judged, Judged::gain),
                Cell.share(share(judged, 1)),
                Cell.share(share(judged, 3)));
    }

    private static Cell mean(List<Judged> judged, ToDoubleFunction<Judged> figure) {
        return Cell.of(Estimate.of(judged.stream().mapToDouble(figure).toArray()), 4);
    }

    private static double share(List<Judged> judged, int best) {
        return judged.stream().filter(picture -> picture.rank() < best).count() / (double) judged.size();
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
        var table = new Table("Cross-entropy of real pictures, and the rank of their own caption", columns, rows);
        return new Measurement("following", conditions, List.of(table));
    }
}
