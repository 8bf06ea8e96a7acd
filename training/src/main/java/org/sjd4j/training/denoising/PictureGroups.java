package org.sjd4j.training.denoising;

import java.util.List;
import org.sjd4j.llama.ImageTokenNetwork;

/**
 * Captioned pictures to learn reading noise from.
 *
 * @param <N> the network that can read them
 */
interface PictureGroups<N extends ImageTokenNetwork> {
    /** The pictures of one step, some captions already dropped: a function of the seed and the step alone. */
    List<PictureGroup<N>> training(long step);

    /** Pictures that are never trained on, always the same. */
    List<PictureGroup<N>> validation();
}
