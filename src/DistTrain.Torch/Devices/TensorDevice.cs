using static TorchSharp.torch;

namespace DistTrain.Torch.Devices;

/// <summary>
/// Where tensors live and how numbers come there from this process's memory and back: nobody else knows. The vector, the gradient and the examples of a
/// replica are <see cref="Staged{T}"/>; what layers make goes where their input is.
/// </summary>
public sealed class TensorDevice
{
    private const string Variable = "DISTTRAIN_DEVICE";

    private readonly TorchSharp.torch.Device? _apart;
    private readonly bool _isLate;

    private TensorDevice(TorchSharp.torch.Device? apart, bool isLate = false) => (_apart, _isLate) = (apart, isLate);

    /// <summary>The processor. Its tensors lie in this process's memory, which may be shared with others: nothing is moved.</summary>
    public static TensorDevice Processor { get; } = new(apart: null);

    /// <summary>
    /// The processor as a device with memory of its own, whose copies are done as late as they may and out of order: the bits are the processor's as long as
    /// everybody waits where a device asks for it.
    /// </summary>
    public static TensorDevice Staging { get; } = new(new TorchSharp.torch.Device(TorchSharp.DeviceType.CPU), isLate: true);

    /// <summary>
    /// Where this process computes: on the <see cref="Processor"/>, or with DISTTRAIN_DEVICE=staged as on a device (<see cref="Staging"/>), to run any test or
    /// program over that.
    /// </summary>
    /// <exception cref="InvalidOperationException">The variable says something else; a process that is prepared has been told so.</exception>
    public static TensorDevice Default => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "cpu" => Processor,
        "staged" => Staging,
        var other => throw new InvalidOperationException($"{Variable}={other} is no device; set it to cpu or staged, or leave it out."),
    };

    /// <summary>A device whose memory is not this process's: what it computes from is sent there, what comes out is fetched.</summary>
    internal static TensorDevice Apart(TorchSharp.torch.Device device) => new(device);

    /// <summary>Zeros there and here.</summary>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    internal Staged<T> Stage<T>(long[] shape, ScalarType type)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        var here = zeros(shape, dtype: type);
        return Stage(here, new TensorMemory<T>(here).Memory);
    }

    /// <summary>The elements of a part of this process's memory, there and here: a flat vector.</summary>
    /// <param name="memory">Must not move, and outlive the tensor.</param>
    internal Staged<float> Stage(Memory<float> memory)
    {
        using var scope = NewDisposeScope();
        return Stage(BorrowedTensor.Over(memory), memory);
    }

    private Staged<T> Stage<T>(Tensor here, Memory<T> memory)
        where T : unmanaged
    {
        var there = _apart is null ? here : here.to(_apart, copy: true);
        return new Staged<T>(there.DetachFromDisposeScope(), _apart is null ? null : here.DetachFromDisposeScope(), memory, _isLate ? new LateCopies() : null);
    }
}
