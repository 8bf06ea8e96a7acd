package org.sjd4j.options.train;

import java.nio.file.Path;
import org.sjd4j.options.UserException;
import org.sjd4j.training.data.DataSet;
import org.sjd4j.training.data.EmojiDataSet;
import org.sjd4j.training.data.FolderDataSet;
import picocli.CommandLine.Option;

/** Which images to train on. */
public final class DataOptions {
    private static final String EMOJI = "emoji";

    @Option(
            names = "--data",
            paramLabel = "emoji|DIR",
            description =
                    "the emoji sets, or a folder of images with captions.jsonl or captions.csv (default: ${DEFAULT-VALUE})")
    private String data = EMOJI;

    /** Opens the data set with images of this side. */
    public DataSet open(int size) {
        try {
            return data.equals(EMOJI) ? EmojiDataSet.load(size) : FolderDataSet.open(Path.of(data), size);
        } catch (IllegalArgumentException e) { // a bad path among them
            throw new UserException("--data: " + e.getMessage(), e);
        }
    }
}
