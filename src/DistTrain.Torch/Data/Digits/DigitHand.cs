using System.Numerics;
using DistTrain.Optimization.Randomness;

namespace DistTrain.Torch.Data.Digits;

/// <summary>How one digit is written: drawn once for each example.</summary>
/// <remarks>
/// The ranges are tuned so that position and slant defeat a linear model while a small convolutional network learns them. On
/// the default sizes softmax regression ends at 87 % test accuracy; two 3 × 3 convolutions (32, 64), a pool of 2 and a hidden
/// layer of 128 (SGD, momentum 0.9, rate 0.05, batch 128) pass 95 % in two epochs, 98 % in four, and reach 99 % in six. With
/// positions within ±1.5 pixels softmax passed 95 %; with ±3.5 and twice the noise the network ended at 97 %. No sine is used: a rotation is drawn by t = tan(angle / 2), cos = (1 − t²)/(1 + t²) and
/// sin = 2t/(1 + t²), because libraries round sines differently.
/// </remarks>
internal readonly struct DigitHand
{
    private readonly float _xx;
    private readonly float _xy;
    private readonly float _yx;
    private readonly float _yy;
    private readonly Vector2 _middle;

    /// <param name="random">The example's own stream.</param>
    /// <param name="size">Pixels along each side of the image.</param>
    public DigitHand(ref CounterRandom random, int size)
    {
        var t = Between(ref random, -0.16f, 0.16f);
        var (cosine, sine) = ((1 - (t * t)) / (1 + (t * t)), 2 * t / (1 + (t * t)));
        var height = Between(ref random, 0.56f, 0.78f) * size;
        var width = height * Between(ref random, 0.75f, 1.1f);
        var shear = Between(ref random, -0.25f, 0.25f);

        // Points of the unit box are stretched, slanted, turned about the middle, and moved.
        (_xx, _xy) = (cosine * width, ((cosine * shear) - sine) * height);
        (_yx, _yy) = (sine * width, ((sine * shear) + cosine) * height);
        var centre = (size - 1) / 2f;
        _middle = new Vector2(centre + Between(ref random, -2.25f, 2.25f), centre + Between(ref random, -2.25f, 2.25f));
        Radius = Between(ref random, 0.6f, 1.5f);
        Strength = Between(ref random, 0.6f, 1);
        Jitter = Between(ref random, 0.01f, 0.045f);
    }

    /// <summary>Half the pen's width in pixels.</summary>
    public float Radius { get; }

    /// <summary>Ink of the pen, 0..1.</summary>
    public float Strength { get; }

    /// <summary>Standard deviation of a stroke's points, in units of the glyph's box.</summary>
    public float Jitter { get; }

    /// <summary>A point of the unit box in pixels.</summary>
    public Vector2 Place(Vector2 point)
    {
        var (x, y) = (point.X - 0.5f, point.Y - 0.5f);
        return new Vector2((x * _xx) + (y * _xy) + _middle.X, (x * _yx) + (y * _yy) + _middle.Y);
    }

    /// <summary>Uniform on [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public static float Between(ref CounterRandom random, float low, float high) => low + ((high - low) * random.NextSingle());
}
