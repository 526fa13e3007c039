using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Examples;

/// <summary>The tokens of a text, wherever they lie. Safe from several threads.</summary>
internal abstract class TokenText
{
    /// <summary>How many there are.</summary>
    public abstract long Length { get; }

    /// <summary>Gives the tokens from a place on.</summary>
    /// <param name="from">0..<see cref="Length"/> − 1.</param>
    /// <param name="to">As many as are wanted, and there are.</param>
    public abstract void Copy(long from, Span<int> to);

    /// <summary>Adds what stands for all of them.</summary>
    public abstract void AppendTo(IncrementalHash hash);

    /// <summary>Of tokens in memory. Keeps the array.</summary>
    public static TokenText Of<T>(T[] tokens)
        where T : unmanaged, IBinaryInteger<T> => new InMemory<T>(tokens);

    private sealed class InMemory<T>(T[] tokens) : TokenText
        where T : unmanaged, IBinaryInteger<T>
    {
        public override long Length => tokens.Length;

        public override void Copy(long from, Span<int> to)
        {
            var run = tokens.AsSpan((int)from, to.Length);
            for (var i = 0; i < run.Length; i++)
                to[i] = int.CreateTruncating(run[i]);
        }

        public override void AppendTo(IncrementalHash hash) => hash.AppendData(MemoryMarshal.AsBytes<T>(tokens));
    }
}
