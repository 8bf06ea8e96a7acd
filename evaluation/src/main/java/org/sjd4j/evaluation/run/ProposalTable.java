package org.sjd4j.evaluation.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sjd4j.evaluation.DecoderChoice;
import org.sjd4j.evaluation.Table;
import org.sjd4j.evaluation.Table.Cell;

/**
 * What better proposals bring: each decoder that starts from noise against the one that is the same without noise, and each that
 * corrects rows against the one that does not, on the same prompts and seeds.
 */
public final class ProposalTable {
    private static final String DENOISING = "sjd2";
    private static final String PLAIN = "sjd";
    private static final String CORRECTING = "-neighbour";

    private ProposalTable() {}

    /** The comparison, if the evaluation has any such pair and two images of it. */
    public static Optional<Table> of(Evaluation evaluation) {
        var choices = evaluation.plan().choices();
        var rows = new ArrayList<List<Cell>>();
        for (DecoderChoice choice : choices) {
            choices.stream()
                    .filter(other -> isWithoutNoise(other, choice) || isWithoutHead(other, choice))
                    .forEach(
                            other -> rows.add(row(choice, other, evaluation.images(choice), evaluation.images(other))));
        }
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        var columns = Table.columns(
                "decoder", "decoder",
                "against", "against",
                "steps_saved", "steps saved",
                "steps_ratio", "step compression [95 %]",
                "time_ratio", "speed-up [95 %]",
                "images", "images");
        return Optional.of(new Table("Proposals against none, in pairs", columns, rows));
    }

    private static boolean isWithoutHead(DecoderChoice plain, DecoderChoice choice) {
        return choice.decoder().correctsRows()
                && plain.decoder().name().equals(choice.decoder().name().replace(CORRECTING, ""))
                && plain.settings().equals(choice.settings());
    }

    private static boolean isWithoutNoise(DecoderChoice plain, DecoderChoice choice) {
        return choice.denoisingSteps() > 0
                && plain.decoder().name().equals(choice.decoder().name().replace(DENOISING, PLAIN))
                && plain.settings()
                        .withDenoisingSteps(choice.settings().denoisingSteps())
                        .equals(choice.settings());
    }

    private static List<Cell> row(
            DecoderChoice choice, DecoderChoice plain, List<ImageRecord> images, List<ImageRecord> plainImages) {
        int pairs = Math.min(images.size(), plainImages.size());
        var second = images.subList(0, pairs);
        var first = plainImages.subList(0, pairs);
        return List.of(
                Cell.of(choice.label()),
                Cell.of(plain.label()),
                Cell.of(PromptMeans.difference(first, second, ImageRecord::steps), 1),
                Cell.of(PromptMeans.ratio(first, second, ImageRecord::steps)),
                Cell.of(PromptMeans.ratio(
                        first, second, image -> image.seconds().total())),
                Cell.of(pairs));
    }
}
