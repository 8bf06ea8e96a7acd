@NullMarked
package org.sjd4j.evaluation;

import org.jspecify.annotations.NullMarked;
