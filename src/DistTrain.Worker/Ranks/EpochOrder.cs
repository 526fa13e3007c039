using DistTrain.Optimization.Order;

namespace DistTrain.Worker.Ranks;

/// <summary>The permutation of the epoch at hand, made once an epoch.</summary>
internal sealed class EpochOrder(long seed, int examples)
{
    private int[] _order = [];
    private (int Group, int Epoch) _made = (-1, -1);

    public int[] Of(Position position)
    {
        if (_made != (position.Group, position.Epoch))
        {
            _order = Permutation.Of(seed, position.Group, position.Epoch, examples);
            _made = (position.Group, position.Epoch);
        }

        return _order;
    }
}
