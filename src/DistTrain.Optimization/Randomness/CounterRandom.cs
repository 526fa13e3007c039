using System.Runtime.CompilerServices;

namespace DistTrain.Optimization.Randomness;

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): numbers are a pure function of a key
/// and a counter, so any rank on any machine draws the same ones. A stream is keyed by what it is for and where it stands,
/// e.g. <c>new CounterRandom(seed, Draws.Permutation, group, epoch)</c>. A mutable struct: pass by reference.
/// </summary>
public struct CounterRandom
{
    private readonly uint _key0;
    private readonly uint _key1;
    private readonly ulong _stream;
    private ulong _counter;
    private Block _block;
    private int _used;
    private double _spareNormal;
    private bool _hasSpareNormal;

    /// <param name="seed">The job's seed.</param>
    /// <param name="draw">What is drawn; keeps the streams of different uses apart.</param>
    /// <param name="first">First coordinate of the stream, e.g. the epoch.</param>
    /// <param name="second">Second coordinate.</param>
    /// <param name="third">Third coordinate.</param>
    public CounterRandom(long seed, Draw draw, long first = 0, long second = 0, long third = 0)
    {
        // Coordinates are hashed into key and stream by SplitMix64's finalizer: distinct coordinates give unrelated streams.
        var key = Mix(Mix((ulong)seed) ^ (ulong)draw);
        _key0 = (uint)key;
        _key1 = (uint)(key >> 32);
        _stream = Mix(Mix(Mix((ulong)first) ^ (ulong)second) + (ulong)third);
        _used = 4;
    }

    /// <summary>Uniform over all 32-bit values.</summary>
    public uint NextUInt32()
    {
        if (_used == 4)
        {
            _block = Philox((uint)_counter, (uint)(_counter >> 32), (uint)_stream, (uint)(_stream >> 32), _key0, _key1);
            _counter++;
            _used = 0;
        }

        return _block[_used++];
    }

    /// <summary>Uniform on [0, 1) with 24 bits, exact in float32.</summary>
    public float NextSingle() => (NextUInt32() >> 8) * (1f / (1 << 24));

    /// <summary>Uniform on [0, 1) with 53 bits.</summary>
    public double NextDouble()
    {
        ulong high = NextUInt32() >> 5;
        ulong low = NextUInt32() >> 6;
        return ((high << 26) | low) * (1.0 / (1UL << 53));
    }

    /// <summary>Uniform on [0, <paramref name="bound"/>), unbiased (Lemire 2019).</summary>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var product = (ulong)NextUInt32() * (uint)bound;
        var low = (uint)product;
        if (low < (uint)bound)
        {
            var threshold = (uint)(-bound) % (uint)bound;
            while (low < threshold)
            {
                product = (ulong)NextUInt32() * (uint)bound;
                low = (uint)product;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>Standard normal (Box–Muller).</summary>
    public double NextNormal()
    {
        if (_hasSpareNormal)
        {
            _hasSpareNormal = false;
            return _spareNormal;
        }

        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * NextDouble());
        _spareNormal = radius * sine;
        _hasSpareNormal = true;
        return radius * cosine;
    }

    /// <summary>One block of Philox4x32-10: four words from a counter of four words and a key of two.</summary>
    internal static Block Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)c0 * 0xD2511F53;
            var p1 = (ulong)c2 * 0xCD9E8D57;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        var block = default(Block);
        (block[0], block[1], block[2], block[3]) = (c0, c1, c2, c3);
        return block;
    }

    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    [InlineArray(4)]
    internal struct Block
    {
        private uint _first;
    }
}

/// <summary>What a stream of random numbers is for. Values are part of the result's bits: never renumber.</summary>
public enum Draw
{
    Initialization = 1,
    Permutation = 2,
    Dropout = 3,
    SyntheticDigits = 4,
    Faults = 5,
    Directions = 6,
    Validation = 7,
    Subspace = 8,
    Masks = 9,
}
