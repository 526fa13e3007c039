using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>
/// The copies of one <see cref="Staged{T}"/> at the worst times that are allowed: every other one when it is begun, the others when they are waited for,
/// the last ones first, and until then their target holds nonsense. Whoever does not wait, or writes too early, gets other bits.
/// </summary>
internal sealed class LateCopies : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(Tensor From, Tensor To, int First, int End)> _begun = [];
    private int _count;

    /// <summary>Begins one.</summary>
    /// <param name="from">The elements as they are.</param>
    /// <param name="to">As many elements elsewhere.</param>
    /// <param name="first">The first of them in the whole.</param>
    /// <param name="elements">How many.</param>
    public void Begin(Tensor from, Tensor to, int first, int elements)
    {
        lock (_gate)
        {
            if (_count++ % 2 == 1)
            {
                to.copy_(from);
                return;
            }

            // Not a number; as a label the number of no class.
            using var nonsense = to.is_floating_point() ? double.NaN.ToScalar() : int.MinValue.ToScalar();
            to.fill_(nonsense);
            _begun.Add((from.DetachFromDisposeScope(), to.DetachFromDisposeScope(), first, first + elements));
        }
    }

    /// <summary>Ends those that touch some elements.</summary>
    public void Wait(int first, int elements)
    {
        lock (_gate)
        {
            using var noGradient = no_grad();
            for (var i = _begun.Count - 1; i >= 0; i--)
            {
                var (from, to, begin, end) = _begun[i];
                if (begin >= first + elements || first >= end)
                    continue;
                to.copy_(from);
                from.Dispose();
                to.Dispose();
                _begun.RemoveAt(i);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (from, to, _, _) in _begun)
            {
                from.Dispose();
                to.Dispose();
            }

            _begun.Clear();
        }
    }
}
