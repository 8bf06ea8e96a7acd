package org.sjd4j.training.model;

import java.util.List;
import org.sjd4j.training.data.CaptionedImage;

/** Turns examples of a data set into image codes. Its tensors belong to the scope that it was made in. */
public interface ImageEncoder {
    /** How many examples it likes to encode together. */
    int atOnce();

    /** Images of these examples as codes, in order, the variations of one next to each other. */
    List<TokenizedImages.Image> encode(List<CaptionedImage> examples);
}
