namespace DistTrain.Operator.Hosting;

/// <summary>Whether the operator has seen all objects there are.</summary>
/// <param name="ready">Called once, then.</param>
internal sealed class OperatorReadiness(Action ready)
{
    private int _isReady;

    public bool IsReady => Volatile.Read(ref _isReady) == 1;

    public void Listed()
    {
        if (Interlocked.Exchange(ref _isReady, 1) == 0)
            ready();
    }
}
